"""The metrics written from their formulas, slowly and plainly, one pair at a time."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STREAMS = ((0, 15, 1 / 15), (15, 17, 1.0), (17, 25, 1 / 8))


def evaluate(pred: Array, real: Array, speaker: Array, appropriate: Array) -> dict[str, float]:
    pred, real, speaker = (np.asarray(array, np.float64) for array in (pred, real, speaker))
    return {
        "FRCorr": frcorr(pred, real, appropriate),
        "FRDist": frdist(pred, real, appropriate),
        "FRDiv": frdiv(pred),
        "FRVar": float(np.mean([np.var(one, axis=0, ddof=1).mean() for clip in pred for one in clip])),
        "FRDvs": frdvs(pred),
        "FRSyn": float(np.nanmean([lag(one, speaker[k]) for k, clip in enumerate(pred) for one in clip])),
        "FRSyn_published": float(np.mean([lag(clip[0], speaker[k], published=True) for k, clip in enumerate(pred)])),
    }


def frcorr(pred: Array, real: Array, appropriate: Array) -> float:
    return float(
        np.mean(
            [
                sum(max(ccc(real[n], one) for n in np.flatnonzero(appropriate[k])) for one in clip)
                for k, clip in enumerate(pred)
            ]
        )
    )


def ccc(y: Array, p: Array) -> float:
    values = []
    for d in range(y.shape[1]):
        a, b = y[:, d], p[:, d]
        r = 0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else np.corrcoef(a, b)[0, 1]
        values.append(2 * r * a.std() * b.std() / (a.var() + b.var() + (a.mean() - b.mean()) ** 2 + 1e-8))
    return float(np.mean(values))


def frdist(pred: Array, real: Array, appropriate: Array) -> float:
    return float(
        np.mean(
            [
                sum(min(distance(one, real[n]) for n in np.flatnonzero(appropriate[k])) for one in clip)
                for k, clip in enumerate(pred)
            ]
        )
    )


def distance(p: Array, y: Array) -> float:
    p, y = p.astype(np.float32), y.astype(np.float32)
    return sum(weight * dtw(p[:, a:b], y[:, a:b]) for a, b, weight in STREAMS)


def dtw(x: Array, y: Array) -> float:
    x, y = x.astype(np.float64), y.astype(np.float64)
    costs = ((x[:, None] - y[None]) ** 2).sum(axis=-1).tolist()
    above = [0.0] + [np.inf] * len(y)
    for row in costs:
        current = [np.inf]
        for j, cost in enumerate(row):
            current.append(cost + min(above[j], above[j + 1], current[j]))
        above = current
    return float(np.sqrt(above[-1]))


def frdiv(pred: Array) -> float:
    samples, size = pred.shape[1], pred[0, 0].size
    pairs = [((a - b) ** 2).sum() for clip in pred for a in clip for b in clip]
    return float(sum(pairs) / len(pred) / (samples * (samples - 1) * size))


def frdvs(pred: Array) -> float:
    clips, samples = pred.shape[:2]
    pairs = [((a - b) ** 2).sum() for i in range(samples) for a in pred[:, i] for b in pred[:, i]]
    return float(sum(pairs) / (clips * (clips - 1) * samples * pred[0, 0].size))


def lag(p: Array, s: Array, published: bool = False) -> float:
    """|offset| of the first largest mean correlation; undefined columns are left out unless as published."""
    lags = range(-49, 50)
    with warnings.catch_warnings():
        # columns that do not move have no correlation: numpy divides by their deviation, and averages over nothing
        warnings.filterwarnings("ignore", "invalid value encountered|Mean of empty slice", RuntimeWarning)
        means = [_mean_correlation(p, s, offset, published) for offset in lags]
        if np.isnan(means).all() and not published:
            return np.nan
        best = np.argmax(means) if published else np.nanargmax(means)  # argmax takes the first NaN for the largest
    return abs(lags[int(best)])


def _mean_correlation(p: Array, s: Array, offset: int, published: bool) -> float:
    length = len(p)
    x, y = p[max(offset, 0) : length + min(offset, 0)], s[max(-offset, 0) : length - max(offset, 0)]
    values = [_correlation(x[:, d], y[:, d]) for d in range(p.shape[1])]
    return float(np.mean(values) if published else np.nanmean(values))


def _correlation(x: Array, y: Array) -> float:
    return np.nan if np.ptp(x) == 0 or np.ptp(y) == 0 else float(np.corrcoef(x, y)[0, 1])
