"""FRCorr: how well the best appropriate real reaction agrees with each prediction."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EPSILON: Final = 1e-8
"""Added to the denominator, as published: two equal constant columns score 0."""


def concordance(predictions: NDArray[Any], real: NDArray[Any]) -> Floats:
    """Concordance correlation of every prediction with every real reaction, averaged over the columns.

    With population moments, 2 cov / (var + var + (mean - mean)^2 + 1e-8); a constant column has no covariance. Lin
    (1989), A concordance correlation coefficient to evaluate reproducibility, Biometrics 45.

    Args:
        predictions: (samples, T, d).
        real: (n, T, d).

    Returns:
        (samples, n), -1 to 1.
    """
    x, x_mean = _centred(predictions)
    y, y_mean = _centred(real)
    frames = x.shape[-1]
    covariance = np.matmul(x.transpose(1, 0, 2), y.transpose(1, 2, 0)) / frames  # (d, samples, n)
    variance = _variance(x).T[:, :, None] + _variance(y).T[:, None, :]
    bias = (x_mean.T[:, :, None] - y_mean.T[:, None, :]) ** 2
    agreement: Floats = (2 * covariance / (variance + bias + EPSILON)).mean(axis=0)
    return agreement


def _centred(sequences: NDArray[Any]) -> tuple[Floats, Floats]:
    """(n, d, T) without the mean, exactly 0 where a column is constant, and the means (n, d)."""
    columns = np.ascontiguousarray(sequences.transpose(0, 2, 1), np.float64)
    constant = columns.min(axis=-1) == columns.max(axis=-1)
    mean = np.where(constant, columns[..., 0], columns.mean(axis=-1))
    columns -= mean[..., None]
    return columns, mean


def _variance(centred: Floats) -> Floats:
    variance: Floats = np.einsum("ndt,ndt->nd", centred, centred) / centred.shape[-1]
    return variance
