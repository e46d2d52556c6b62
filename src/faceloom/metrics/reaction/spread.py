"""FRDiv, FRVar and FRDvs: how much predictions differ between samples, over time and between speakers.

The published code takes distances of all pairs. Over the ordered pairs of n points, squared distances
sum to 2 n times those to the mean, which needs no pairs and loses no digits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def diversity(predictions: Floats) -> Floats:
    """Mean squared difference between the samples of each clip, (clips, samples, T, d) to (clips,); NaN for one."""
    samples = predictions.shape[1]
    if samples < 2:
        return np.full(len(predictions), np.nan)
    shifted = predictions - predictions[:, :1]  # so that equal samples differ by exactly 0
    scatter = shifted.var(axis=1).mean(axis=(1, 2)) * samples
    result: Floats = 2 * scatter / (samples - 1)
    return result


def variance(predictions: Floats) -> Floats:
    """Unbiased variance over time, averaged over samples and columns, (clips, samples, T, d) to (clips,)."""
    shifted = predictions - predictions[:, :, :1]  # so that a constant column has exactly none
    result: Floats = shifted.var(axis=2, ddof=1).mean(axis=(1, 2))
    return result


@dataclass(frozen=True)
class Scatter:
    """Squared distances to the mean over clips, gathered block by block.

    Chan, Golub and LeVeque (1979), Updating formulae and a pairwise algorithm for computing sample variances.
    """

    count: int
    mean: Floats
    squares: float

    @classmethod
    def of(cls, predictions: Floats) -> Scatter:
        """That of one block (clips, samples, T, d)."""
        shifted = predictions - predictions[0]
        return cls(
            len(predictions), predictions[0] + shifted.mean(axis=0), float(shifted.var(axis=0).sum() * len(shifted))
        )

    def merged(self, other: Scatter) -> Scatter:
        """That of both blocks together."""
        count = self.count + other.count
        step = other.mean - self.mean
        squares = self.squares + other.squares + float((step**2).sum()) * self.count * other.count / count
        return Scatter(count, self.mean + step * (other.count / count), squares)

    def between(self) -> float:
        """FRDvs: mean squared difference between clips within each sample; NaN for a single clip."""
        return 2 * self.squares / ((self.count - 1) * self.mean.size) if self.count > 1 else float("nan")
