"""The last second of a speaker at a glance: means of short windows of what the face did and of the voice's cues.

Reactions come a good half second late and last one. Attention could find those frames by itself, but not from minutes
of dyads. The face counts as what it differs from its own mean so far, for estimates differ between people by more than
between moods. Everything here is causal: row t knows frames up to t.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WINDOW: Final = 5
"""Frames that are averaged: a fifth of a second."""
LAGS: Final = (0, 5, 10, 15, 20)
"""Frames ago at which the windows end."""
MEMORY: Final = LAGS[-1] + WINDOW


@dataclass
class Recent:
    """What is remembered of a speaker: the mean of the face, and the rows of the last second."""

    count: Any = 0
    total: Any = 0.0
    rows: deque[NDArray[Any]] = field(default_factory=lambda: deque(maxlen=MEMORY))

    def see(self, face: NDArray[Any], cues: NDArray[Any]) -> Floats:
        """One more frame: attributes (25,), NaN where there is no face, and cues (12,); the row of `recent`."""
        seen = np.isfinite(face)
        self.count = self.count + seen
        self.total = self.total + np.where(seen, face, 0).astype(np.float64)
        usual = self.total / np.maximum(self.count, 1)
        row = np.concatenate([np.where(seen, face - usual, 0), np.nan_to_num(cues)])
        self.rows.extend([row] * (1 if self.rows else MEMORY))  # before the beginning nothing moved
        past = np.stack(self.rows)
        windows = [past[MEMORY - lag - WINDOW : MEMORY - lag].mean(axis=0) for lag in LAGS]
        return np.concatenate(windows).astype(np.float32)


def recent(faces: NDArray[Any], cues: NDArray[Any]) -> Floats:
    """Means (n, 5 * 37) of windows that end now, and a fifth to four fifths of a second ago.

    Args:
        faces: Attributes (n, 25) with intensities, NaN where there is no face.
        cues: (m, 12) of `cues`; where the sound ends earlier its last row stays.
    """
    memory, last = Recent(), len(cues) - 1
    return np.stack([memory.see(face, cues[min(t, last)]) for t, face in enumerate(faces)])
