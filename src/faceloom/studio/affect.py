"""Valence, arousal and the expression class that action units show: a stated rule, for synthetic truth only.

Valence is what the mouth and the brows say (smile against frown, wrinkle and lowered brow), arousal how much of the
face is tense or wide, after the circumplex places that are usual for the EMFACS prototypes. Both are linear in the
intensities, then squashed, so that a face at rest is (0, 0) and full prototypes reach about 0.8.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.facs import AUS, EXPRESSIONS, MAX_INTENSITY, PROTOTYPES

Floats = npt.NDArray[np.float32]

VALENCE: Final = {
    "AU01": -0.25, "AU04": -0.45, "AU05": -0.05, "AU06": 0.35, "AU07": -0.10, "AU09": -0.60, "AU10": -0.25,
    "AU12": 0.95, "AU14": -0.15, "AU15": -0.60, "AU17": -0.25, "AU20": -0.35, "AU23": -0.30,
}  # fmt: skip
AROUSAL: Final = {
    "AU01": 0.15, "AU02": 0.30, "AU04": 0.20, "AU05": 0.50, "AU06": 0.10, "AU07": 0.15, "AU09": 0.25, "AU10": 0.15,
    "AU12": 0.25, "AU15": -0.35, "AU17": -0.10, "AU20": 0.30, "AU23": 0.30, "AU25": 0.10, "AU26": 0.30, "AU45": -0.40,
}  # fmt: skip
"""Per full intensity of an action unit, before the squashing."""

NEUTRAL_BELOW: Final = 0.35
"""A face whose best prototype is shown less than this (0-1) is neutral."""


def affect(aus: npt.ArrayLike) -> Floats:
    """Valence and arousal (..., 2), -1..1, of intensities (..., 17) 0-5."""
    weights = np.array([[table.get(au, 0.0) for au in AUS] for table in (VALENCE, AROUSAL)], np.float32)
    return np.tanh(np.asarray(aus, np.float32) / MAX_INTENSITY @ weights.T).astype(np.float32)


def expression(aus: npt.ArrayLike) -> npt.NDArray[np.str_]:
    """Class (...,) of intensities (..., 17): the prototype that explains most of the face, neutral for little of any.

    A prototype p (unit length over the 15 action units that are not speech or blinks) explains `aus @ p`, less half
    of what it leaves unexplained.
    """
    scores = np.stack([_score(np.asarray(aus, np.float32) / MAX_INTENSITY, name) for name in EXPRESSIONS[1:]], -1)
    best = np.where(scores.max(-1) < NEUTRAL_BELOW, 0, scores.argmax(-1) + 1)
    return np.array(EXPRESSIONS)[best]


_JUDGED: Final = np.array([au not in ("AU25", "AU26", "AU45") for au in AUS])


def _score(share: Floats, name: str) -> Floats:
    vector = np.array([PROTOTYPES[name].get(au, 0.0) for au in AUS]) * _JUDGED
    vector /= np.linalg.norm(vector)
    explained = share @ vector
    rest = np.linalg.norm(share * _JUDGED - explained[..., None] * vector, axis=-1)
    return np.asarray(explained - 0.5 * rest, np.float32)
