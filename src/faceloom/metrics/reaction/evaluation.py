"""All metrics of a set of generated reactions, in one pass over the predictions."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from faceloom.metrics.reaction.checks import Rows, check
from faceloom.metrics.reaction.concordance import concordance
from faceloom.metrics.reaction.nearest import Sequences, nearest, prepare_real
from faceloom.metrics.reaction.spread import Scatter, diversity, variance
from faceloom.metrics.reaction.synchrony import offsets

METRICS: Final = ("FRCorr", "FRDist", "FRDiv", "FRVar", "FRDvs", "FRSyn", "FRSyn_published")

CLIPS: Final = 4
"""Clips that a thread takes at a time. Sums are rounded in this grouping, so it does not depend on the machine."""


def _nothing() -> None:
    """For those who do not watch."""


def evaluate(
    pred: Rows,
    real: Rows,
    speaker: Rows,
    appropriate: NDArray[Any],
    *,
    workers: int | None = None,
    advance: Callable[[], object] = _nothing,
    checked: bool = False,
) -> dict[str, float]:
    """The metrics of the REACT challenge but for FRRea, which needs rendered frames.

    Arrays may be memory-mapped; predictions are read a few clips at a time. Every metric is exact.

    Args:
        pred: Predictions (N, samples, T, 25): 15 action units, valence, arousal, 8 expressions.
        real: Real reactions (N, T, 25) of the speakers' own listeners.
        speaker: Speakers (N, T, 25).
        appropriate: Matrix (N, N) of 0 and 1, unit diagonal; [k, n] is 1 where real[n] is appropriate for speaker k.
        workers: Threads; all cores by default. The result does not depend on it.
        advance: Called whenever a clip is done.
        checked: The caller has called `check` on these arrays.

    Returns:
        `FRCorr` (higher is better, at most the number of samples) and `FRDist` (lower is better), summed over the
        samples; `FRDiv`, `FRVar`, `FRDvs`; `FRSyn` in frames, and `FRSyn_published` with the published code's defects.
        NaN where a metric is not defined: FRDiv of one sample, FRDvs of one clip, FRSyn of constant predictions.

    Raises:
        InputError: If shapes disagree, numbers are missing, or the matrix has another size or no unit diagonal.
    """
    if not checked:
        check(pred, real, speaker, appropriate)
    task = _Task(pred, real, speaker, appropriate, prepare_real(real))
    scores: list[_Scores] = []
    scatter: Scatter | None = None
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers or _cores()) as pool:
        for part, scatter_of_part in pool.map(task.run, range(0, real.shape[0], CLIPS)):
            scores += part
            scatter = scatter.merged(scatter_of_part) if scatter else scatter_of_part
            for _ in part:
                advance()
    assert scatter is not None  # `check` refuses arrays without clips
    return _summary(scores, scatter)


@dataclass(frozen=True)
class _Scores:
    """Of one clip."""

    correlation: float
    distance: float
    diversity: float
    variance: float
    lags: NDArray[np.float64]
    published_lag: float


@dataclass(frozen=True)
class _Task:
    """What the threads share."""

    pred: Rows
    real: Rows
    speaker: Rows
    appropriate: NDArray[Any]
    prepared: Sequences

    def run(self, start: int) -> tuple[list[_Scores], Scatter]:
        """The `CLIPS` clips from `start`."""
        rows = slice(start, start + CLIPS)
        pred, speaker = self.pred[rows], self.speaker[rows]
        numbers = pred.astype(np.float64)
        spread = zip(diversity(numbers), variance(numbers), strict=True)
        scores = [self._clip(start + k, pred[k], speaker[k], *map(float, both)) for k, both in enumerate(spread)]
        return scores, Scatter.of(numbers)

    def _clip(self, k: int, pred: NDArray[Any], speaker: NDArray[Any], diversity_: float, variance_: float) -> _Scores:
        """Samples that repeat one another, as in the baselines, are scored once."""
        neighbours = np.flatnonzero(self.appropriate[k])
        distinct, copies = _distinct(pred)
        real = np.concatenate([self.real[slice(n, n + 1)] for n in neighbours])
        correlation = concordance(distinct, real).max(axis=1)[copies].sum()
        distance = nearest(distinct, self.prepared, neighbours)[copies].sum()
        lags, published = offsets(distinct, speaker)
        return _Scores(float(correlation), float(distance), diversity_, variance_, lags[copies], float(published[0]))


def _distinct(samples: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The different ones among samples (n, T, d), in the order of appearance, and which of them each sample is."""
    found: dict[bytes, int] = {}
    copies = np.array([found.setdefault(sample.tobytes(), len(found)) for sample in samples])
    return samples[[int(np.argmax(copies == n)) for n in range(len(found))]], copies


def _summary(scores: list[_Scores], scatter: Scatter) -> dict[str, float]:
    lags = np.concatenate([clip.lags for clip in scores])
    defined = lags[~np.isnan(lags)]
    values = (
        _mean([clip.correlation for clip in scores]),
        _mean([clip.distance for clip in scores]),
        _mean([clip.diversity for clip in scores]),
        _mean([clip.variance for clip in scores]),
        scatter.between(),
        float(defined.mean()) if len(defined) else float("nan"),
        _mean([clip.published_lag for clip in scores]),
    )
    return dict(zip(METRICS, values, strict=True))


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
