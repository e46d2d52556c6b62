"""Agreement of continuous predictions with targets, column by column, over the frames that a mask admits.

Every function takes arrays (n_frames, n_columns) or (n_frames,) and an optional mask of the frames (or of the entries,
in the shape of the arrays). Entries where either array is NaN are left out too. The result has one number a column, NaN
where it is not defined: no entry left, or a constant column where a metric divides by its variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def pearson(predicted: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> Floats:
    """Pearson's correlation, -1 to 1; NaN where either column is constant."""
    x, y = _pair(predicted, target, mask)
    scale = np.sqrt(_covariance(x, x) * _covariance(y, y))
    return _ratio(_covariance(x, y), np.where(_constant(x) | _constant(y), 0.0, scale))


def ccc(predicted: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> Floats:
    """Concordance correlation, -1 to 1, with population moments: 2 cov / (var + var + (mean - mean)^2).

    Lin (1989), A concordance correlation coefficient to evaluate reproducibility, Biometrics 45. A constant prediction
    of a varying target scores 0; NaN only where both columns are the same constant.
    """
    x, y = _pair(predicted, target, mask)
    bias = (_mean(x) - _mean(y)) ** 2
    covariance = np.where(_constant(x) | _constant(y), 0.0, _covariance(x, y))
    return _ratio(2 * covariance, _covariance(x, x) + _covariance(y, y) + bias)


def rmse(predicted: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> Floats:
    """Root of the mean squared error, in the unit of the target."""
    x, y = _pair(predicted, target, mask)
    return np.sqrt(_mean((x - y) ** 2))


def mae(predicted: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> Floats:
    """Mean absolute error, in the unit of the target."""
    x, y = _pair(predicted, target, mask)
    return _mean(np.abs(x - y))


def nme(predicted: ArrayLike, target: ArrayLike, scale: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Normalised mean error of points: the mean distance divided by each face's own scale.

    Args:
        predicted: Points (n_faces, n_points, 2).
        target: Points of the same shape; NaN where a point is not labelled.
        scale: Per face, such as the distance between the eyes' centres in the unit of the points; more than 0.
        mask: Points (n_faces, n_points) or faces (n_faces,) that count.

    Returns:
        A fraction of the scale; NaN where no point counts.
    """
    error = np.linalg.norm(np.asarray(predicted, np.float64) - np.asarray(target, np.float64), axis=-1)
    relative = error / np.asarray(scale, np.float64)[:, None]
    return float(_mean(_masked(relative, mask).ravel()[:, None])[0])


def _pair(predicted: ArrayLike, target: ArrayLike, mask: ArrayLike | None) -> tuple[Floats, Floats]:
    """Both arrays as (n, columns) with NaN wherever an entry of either does not count."""
    x, y = _columns(predicted), _columns(target)
    if x.shape != y.shape:
        raise ValueError(f"predicted {x.shape} and target {y.shape} differ in shape")
    left_out = ~(np.isfinite(_masked(x, mask)) & np.isfinite(y))
    return np.where(left_out, np.nan, x), np.where(left_out, np.nan, y)


def _columns(array: ArrayLike) -> Floats:
    values = np.asarray(array, np.float64)
    return values[:, None] if values.ndim == 1 else values.reshape(-1, values.shape[-1])


def _masked(array: Floats, mask: ArrayLike | None) -> Floats:
    if mask is None:
        return array
    admitted = np.asarray(mask, bool)
    admitted = admitted.reshape(array.shape) if admitted.size == array.size else admitted.reshape(-1, 1)
    return np.where(admitted, array, np.nan)


def _mean(x: Floats) -> Floats:
    return _ratio(np.nansum(x, axis=0), np.isfinite(x).sum(axis=0))


def _covariance(x: Floats, y: Floats) -> Floats:
    return _mean((x - _mean(x)) * (y - _mean(y)))


def _constant(x: Floats) -> NDArray[np.bool_]:
    """Columns of one value: the variance of such a column is a rounding error, not a clean 0."""
    known = np.isfinite(x)
    low, high = np.min(x, axis=0, initial=np.inf, where=known), np.max(x, axis=0, initial=-np.inf, where=known)
    return np.asarray(low >= high)


def _ratio(numerator: Floats, denominator: NDArray[Any]) -> Floats:
    out = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=out, where=denominator > 0)
    return out
