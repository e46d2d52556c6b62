"""Prosody on the 25 fps grid from openSMILE's 10 ms tracks.

How a frame gets its values, with the five rows whose centres lie within 20 ms of its instant (the first frame: the
first row, because openSMILE's first window is centred at 30 ms):

- `is_voiced`: at least a share of the five is voiced (`F0final` > 0, openSMILE's Viterbi decision);
- `F0final`: mean over the voiced rows; `F0raw`: the nearest row, so that its octave jumps stay (`F0final` where that
  row has none); both 0 where unvoiced;
- `jitterLocal`, `shimmerLocal`, `HNR`: mean over the voiced rows where periods were found; NaN where unvoiced, because
  a sound without periods has none of them;
- `voicing` (probability) and `loudness` (sum of the auditory spectrum): mean over the five.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

COLUMNS: Final = ("F0raw", "F0final", "voicing", "jitterLocal", "shimmerLocal", "HNR", "loudness")
"""Order of the tracks."""

ROWS_PER_FRAME: Final = 4
PITCH_LEAD: Final = 3
"""Rows by which a 60 ms window starts before its centre."""
LOUDNESS_LEAD: Final = 1
"""The same for a 20 ms window."""
NOT_MEASURED: Final = {"jitterLocal": 0.0, "shimmerLocal": 0.0, "HNR": -100.0}
"""What openSMILE gives where it found no periods to compare."""

Floats = NDArray[np.float32]


def on_grid(tracks: Floats, n_frames: int, voiced_share: float) -> dict[str, NDArray[Any]]:
    """Resample tracks (rows, 7) to frames.

    Args:
        tracks: 10 ms rows in the order of COLUMNS, at least one.
        n_frames: Frames of the grid.
        voiced_share: Share of a frame's rows (0-1) that must be voiced.

    Returns:
        One array (n_frames,) per column and `is_voiced`.
    """
    track = dict(zip(COLUMNS, tracks.T, strict=True))
    rows = _rows(n_frames, PITCH_LEAD, len(tracks))
    voiced = track["F0final"][rows] > 0
    is_voiced = voiced.any(axis=1) & (voiced.mean(axis=1) >= voiced_share)
    quality = {
        name: _mean(track[name][rows], _or_all(voiced & (track[name][rows] > none), voiced), is_voiced)
        for name, none in NOT_MEASURED.items()
    }
    final, raw = np.nan_to_num(_mean(track["F0final"][rows], voiced, is_voiced)), track["F0raw"][rows[:, 2]]
    return {
        "F0raw": np.where(is_voiced & (raw > 0), raw, final),
        "F0final": final,
        "voicing": track["voicing"][rows].mean(axis=1),
        **quality,
        "loudness": track["loudness"][_rows(n_frames, LOUDNESS_LEAD, len(tracks))].mean(axis=1),
        "is_voiced": is_voiced,
    }


def missing(n_frames: int) -> dict[str, NDArray[Any]]:
    """The same columns for a recording without audio: NaN, and not voiced."""
    columns: dict[str, NDArray[Any]] = {name: np.full(n_frames, np.nan, np.float32) for name in COLUMNS}
    return columns | {"is_voiced": np.zeros(n_frames, bool)}


def _rows(n_frames: int, lead: int, count: int) -> NDArray[np.int64]:
    """Indices (n_frames, 5) of the rows centred -20, -10, 0, 10 and 20 ms from each frame's instant."""
    nearest = ROWS_PER_FRAME * np.arange(n_frames)[:, None] - lead
    rows: NDArray[np.int64] = np.clip(nearest + np.arange(-2, 3), 0, count - 1)
    return rows


def _or_all(mask: NDArray[np.bool_], fallback: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.where(mask.any(axis=1, keepdims=True), mask, fallback)


def _mean(values: Floats, mask: NDArray[np.bool_], valid: NDArray[np.bool_]) -> Floats:
    """Mean over the marked rows of each frame; NaN where the frame is not valid."""
    total = np.where(mask, values, 0).sum(axis=1)
    mean = total / np.maximum(mask.sum(axis=1), 1)
    return np.where(valid, mean, np.nan).astype(np.float32)
