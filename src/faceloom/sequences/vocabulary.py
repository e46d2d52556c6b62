"""Tokens for quantised values: SOS = 0, EOS = 1, values from 2 in ascending order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from faceloom.errors import InputError

SOS: Final = 0
EOS: Final = 1
FIRST: Final = 2
"""The token of the smallest value."""


@dataclass(frozen=True)
class Vocabulary:
    """A bijection between ascending values, the levels, and tokens.

    A value outside the vocabulary gets the token of the nearest value (the lower one of two equally near); a missing
    value (NaN) gets EOS, which also fills the padding. SOS and EOS decode to NaN.
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.levels or np.any(np.diff(self.levels) <= 0):
            raise ValueError("a vocabulary needs values in ascending order")

    @classmethod
    def of(cls, values: ArrayLike) -> Vocabulary:
        """The sorted unique finite values of an array."""
        array = np.asarray(values, np.float64)
        return cls(tuple(np.unique(array[np.isfinite(array)]).tolist()))

    def __len__(self) -> int:
        return FIRST + len(self.levels)

    @cached_property
    def table(self) -> NDArray[np.float64]:
        """Value of each token, NaN for SOS and EOS."""
        return np.array([np.nan] * FIRST + list(self.levels))

    def encode(self, x: ArrayLike) -> NDArray[np.int32]:
        """Tokens of values, any shape."""
        array, known = np.asarray(x, np.float64), self.table[FIRST:]
        right = np.clip(np.searchsorted(known, array), 0, len(known) - 1)
        left = np.maximum(right - 1, 0)
        nearest = np.where(np.abs(array - known[left]) <= np.abs(known[right] - array), left, right)
        return np.where(np.isnan(array), EOS, nearest + FIRST).astype(np.int32)

    def decode(self, tokens: ArrayLike) -> NDArray[np.float64]:
        """Values of tokens, any shape; raises IndexError for a token that is not in the vocabulary."""
        array = np.asarray(tokens)
        if array.size and array.min() < 0:
            raise IndexError("tokens are not negative")
        values: NDArray[np.float64] = self.table[array]
        return values


def save(path: Path, vocabularies: Mapping[str, Vocabulary]) -> None:
    """Write vocabularies by name as JSON; floats keep every digit, so the inverse is exact."""
    data: dict[str, Any] = {"SOS": SOS, "EOS": EOS, "first": FIRST}
    data["levels"] = {name: list(vocabulary.levels) for name, vocabulary in sorted(vocabularies.items())}
    path.write_text(json.dumps(data, sort_keys=True) + "\n", encoding="utf-8")


def load(path: Path) -> dict[str, Vocabulary]:
    """Read what `save` wrote; raises InputError where the file is something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {name: Vocabulary(tuple(values)) for name, values in data["levels"].items()}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run the tokenise stage first (`dvc repro tokenise`).") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path}: not a vocabulary; run the tokenise stage again (`dvc repro -f tokenise`).") from None
