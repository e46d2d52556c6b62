"""Fixed-length windows with overlap, and their way back to whole sequences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def starts(n_frames: int, length: int, overlap: int) -> list[int]:
    """First frames of the windows over a sequence: whole windows, then one padded tail where frames are left over.

    The tail is left out where the overlap of the last whole window already covers it (as in reference 1); a sequence
    shorter than a window is one padded window.

    Raises:
        ValueError: the overlap is not in [0, length).
    """
    if not 0 <= overlap < length:
        raise ValueError(f"overlap must be at least 0 and less than the length {length}, not {overlap}")
    hop = length - overlap
    whole = list(range(0, n_frames - length + 1, hop))
    tail = whole[-1] + hop if whole else 0
    covered = n_frames - overlap if whole else n_frames
    return [*whole, tail] if tail < covered else whole


def cut(array: NDArray[Any], length: int, overlap: int, fill: Any) -> NDArray[Any]:
    """Windows (n, length, ...) of an array (n_frames, ...); the tail is padded with `fill`, for the mask to hide."""
    first = starts(len(array), length, overlap)
    out = np.full((len(first), length, *array.shape[1:]), fill, array.dtype)
    for window, start in zip(out, first, strict=True):
        piece = array[start : start + length]
        window[: len(piece)] = piece
    return out


def stitch(windows: NDArray[Any], first: Iterable[int], n_frames: int) -> NDArray[np.float64]:
    """Sequences (n_frames, ...) from windows (n, length, ...): the mean where windows overlap, NaN where none is.

    NaN entries of a window (its masked frames) do not count.
    """
    shape = (n_frames, *windows.shape[2:])
    total, count = np.zeros(shape), np.zeros(shape)
    for window, start in zip(windows, first, strict=True):
        piece = np.asarray(window[: n_frames - start], np.float64)
        known = np.isfinite(piece)
        total[start : start + len(piece)] += np.where(known, piece, 0.0)
        count[start : start + len(piece)] += known
    return np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)
