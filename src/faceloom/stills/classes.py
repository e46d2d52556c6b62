"""Sets of expression classes, and which class of one set is which of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from faceloom.facs import EXPRESSIONS

ClassSet = Literal["five", "seven", "eight"]

CLASSES: Final[dict[ClassSet, tuple[str, ...]]] = {
    "five": ("anger", "disgust", "sad", "happy", "surprise"),
    "seven": ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral"),
    "eight": EXPRESSIONS,
}
"""`five` of reference 2; `seven` of FER2013 and reference 3; `eight` of the REACT challenge. A label is an index."""

SYNONYMS: Final[dict[str, str]] = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "neutrality": "neutral",
    "contemptuous": "contempt",
}
"""Other words that data sets use for the same class."""

NONE: Final = -1
"""Index of a class that has no counterpart."""


def class_name(word: str) -> str | None:
    """The class that a word such as the name of a folder means, or None."""
    plain = word.strip().lower()
    name = SYNONYMS.get(plain, plain)
    return name if name in EXPRESSIONS else None


def counterparts(source: Sequence[str], target: Sequence[str]) -> npt.NDArray[np.int16]:
    """Index in `target` of each class of `source`, NONE where `target` lacks it."""
    return np.array([target.index(name) if name in target else NONE for name in source], np.int16)
