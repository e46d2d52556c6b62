"""FRSyn: by how many frames a prediction lags behind or leads its speaker.

The lag of a prediction is where the correlation with its speaker, averaged over the columns, is largest. Correlations
of all lags come from one Fourier transform; lags that come out alike are settled by the plain formula.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MAX_LAG: Final = 49
"""Frames: just under two seconds at 25 frames/s, as published."""

TIED: Final = 1e-9
"""Mean correlations closer than this are compared by the plain formula; the transform's rounding is far below."""

FLAT: Final = 1e-5
"""Below this share of a column's variance, a window's own variance is taken from the window alone."""


def offsets(predictions: NDArray[Any], speaker: NDArray[Any]) -> tuple[Floats, Floats]:
    """Absolute lags of predictions (samples, T, d) against a speaker (T, d), with and without the published defect.

    A column that is constant in one of the two windows that a lag compares has no correlation there. The first result
    leaves such columns out at that lag, and is NaN for a prediction that has none at any lag. The second is as
    published: the undefined correlation makes the mean undefined, and the first such lag is taken for the largest.

    Returns:
        Two arrays (samples,) of frames.
    """
    x = np.ascontiguousarray(predictions.transpose(0, 2, 1), np.float64)
    y = np.ascontiguousarray(speaker.T, np.float64)
    reach = min(MAX_LAG, y.shape[-1] - 2)
    varies: Bools = _varies(x, reach, 1) & _varies(y, reach, -1)
    correlation = _correlations(x, y, reach, varies)
    counts = varies.sum(axis=1)
    with np.errstate(invalid="ignore"):
        means = np.where(varies, correlation, 0).sum(axis=1) / counts
    best = [_lag(means[s], x[s], y, varies[s], reach) for s in range(len(x))]
    found = np.array([np.nan if lag is None else abs(lag) for lag in best])
    return found, np.where(reach < MAX_LAG, MAX_LAG, _published(found, np.all(varies, axis=1), reach))


def _published(found: Floats, defined: Bools, reach: int) -> Floats:
    first_undefined = np.abs(np.argmin(defined, axis=1) - reach)
    return np.where(defined.all(axis=1), found, first_undefined)


def _windows(length: int, lag: int) -> tuple[slice, slice]:
    """What a lag compares: the prediction `lag` frames later than the speaker."""
    return slice(max(lag, 0), length + min(lag, 0)), slice(max(-lag, 0), length - max(lag, 0))


def _varies(columns: Floats, reach: int, sign: int) -> Bools:
    """Whether columns (..., T) vary within their window of each lag from -reach to reach, (..., lags).

    For a positive lag times sign the window is the end of the sequence, else its beginning.
    """
    length = columns.shape[-1]
    changes = np.diff(columns, axis=-1) != 0
    any_ = changes.any(axis=-1)
    first = np.where(any_, changes.argmax(axis=-1), length)  # between this frame and the next
    last = np.where(any_, length - 2 - changes[..., ::-1].argmax(axis=-1), -1)
    lags = sign * np.arange(-reach, reach + 1)
    at_end, at_start = last[..., None] >= lags, first[..., None] <= length - 2 + lags
    return np.where(lags > 0, at_end, at_start)


def _correlations(x: Floats, y: Floats, reach: int, varies: Bools) -> Floats:
    """Pearson's correlation for each lag, (samples, d, lags); undefined where a window is constant."""
    x, y = x - x.mean(axis=-1, keepdims=True), y - y.mean(axis=-1, keepdims=True)
    length = y.shape[-1]
    size = scipy.fft.next_fast_len(length + reach, real=True)
    spectrum = scipy.fft.rfft(x, size) * np.conj(scipy.fft.rfft(y, size))
    products = np.roll(scipy.fft.irfft(spectrum, size), reach, axis=-1)[..., : 2 * reach + 1]
    count = length - np.abs(np.arange(-reach, reach + 1))
    x_sum, x_scatter, x_flat = _moments(x, reach, 1, count)
    y_sum, y_scatter, y_flat = _moments(y, reach, -1, count)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation: Floats = (products - x_sum * y_sum / count) / np.sqrt(x_scatter * y_scatter)
    for s, d, n in np.argwhere((x_flat | y_flat) & varies):
        a, b = _windows(length, int(n) - reach)
        correlation[s, d, n] = _pearson(x[s, d, a], y[d, b])
    return correlation


def _moments(columns: Floats, reach: int, sign: int, count: NDArray[Any]) -> tuple[Floats, Floats, Bools]:
    """Sum and squared deviations of the windows, and where the latter are too small for this way of computing them."""
    squares = columns**2
    sums, square_sums = _window_sums(columns, reach, sign), _window_sums(squares, reach, sign)
    scatter = square_sums - sums**2 / count
    return sums, scatter, scatter < FLAT * squares.sum(axis=-1, keepdims=True)


def _window_sums(columns: Floats, reach: int, sign: int) -> Floats:
    total = columns.sum(axis=-1, keepdims=True)
    zero = np.zeros_like(total)
    without_start = total - np.concatenate([zero, columns[..., :reach].cumsum(axis=-1)], axis=-1)
    without_end = total - np.concatenate([zero, columns[..., : -reach - 1 : -1].cumsum(axis=-1)], axis=-1)
    by_lag = (without_end[..., :0:-1], total, without_start[..., 1:])
    return np.concatenate(by_lag if sign > 0 else tuple(part[..., ::-1] for part in by_lag[::-1]), axis=-1)


def _lag(means: Floats, x: Floats, y: Floats, varies: Bools, reach: int) -> int | None:
    """The first of the best lags of one prediction; None where no column varies at any lag."""
    if np.isnan(means).all():
        return None
    tied = np.flatnonzero(means >= np.nanmax(means) - TIED)
    if len(tied) == 1:
        return int(tied[0]) - reach
    exact = [_mean_pearson(x, y, varies[:, n], int(n) - reach) for n in tied]
    return int(tied[int(np.argmax(exact))]) - reach


def _mean_pearson(x: Floats, y: Floats, columns: Bools, lag: int) -> float:
    a, b = _windows(y.shape[-1], lag)
    return float(np.mean([_pearson(x[d, a], y[d, b]) for d in np.flatnonzero(columns)]))


def _pearson(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1])
