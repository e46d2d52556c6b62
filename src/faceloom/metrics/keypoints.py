"""Errors of facial keypoints, in pixels and relative to the distance of the eyes; NaN marks points without a label."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.floating]

THRESHOLDS: Final = np.round(np.arange(0, 0.3001, 0.005), 3)
"""Of the cumulative error curve, in parts of the inter-ocular distance."""


def rmse(predicted: Floats, points: Floats) -> float:
    """Root of the mean squared error of the labelled coordinates, pixels; the measure of Kaggle's competition.

    Args:
        predicted: (N, points, 2).
        points: (N, points, 2).
    """
    return float(np.sqrt(np.nanmean((predicted - points) ** 2)))


def distances(predicted: Floats, points: Floats) -> Floats:
    """Euclidean distance of each point (N, points), pixels."""
    return np.asarray(np.linalg.norm(predicted - points, axis=2))


def normalised(predicted: Floats, points: Floats, eyes: tuple[int, int]) -> Floats:
    """Distances (N, points) over that of the two eyes' centres; NaN where an eye is not labelled.

    Args:
        predicted: (N, points, 2).
        points: (N, points, 2).
        eyes: The points that are the eyes' centres.
    """
    interocular = np.linalg.norm(points[:, eyes[0]] - points[:, eyes[1]], axis=1)
    return np.asarray(distances(predicted, points) / interocular[:, None])


def nme(predicted: Floats, points: Floats, eyes: tuple[int, int]) -> float:
    """Normalised mean error: mean over the points of a face, then over the faces."""
    per_face = face_errors(predicted, points, eyes)
    return float(np.nanmean(per_face)) if np.isfinite(per_face).any() else float("nan")


def face_errors(predicted: Floats, points: Floats, eyes: tuple[int, int]) -> Floats:
    """Mean normalised error of each face (N,), NaN where an eye is not labelled."""
    errors = normalised(predicted, points, eyes)
    known = np.isfinite(errors)
    total = np.where(known, errors, 0).sum(axis=1)
    return np.asarray(np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan))


def curve(errors: Floats) -> pd.DataFrame:
    """Cumulative error curve: share of the faces whose error (`face_errors`) is at most each threshold."""
    known = errors[np.isfinite(errors)]
    shares = [float((known <= threshold).mean()) if len(known) else np.nan for threshold in THRESHOLDS]
    return pd.DataFrame({"nme": THRESHOLDS, "share": shares})


def argmax_agreement(predicted: Floats, points: Floats) -> float:
    """How often the largest of the 30 coordinates is the same one: what reference 2 calls accuracy.

    Keras takes `accuracy` of a regression for that of a classification. Only faces with all points count.

    Args:
        predicted: (N, points, 2).
        points: (N, points, 2).
    """
    whole = np.isfinite(points).all(axis=(1, 2))
    if not whole.any():
        return float("nan")
    a, b = (array[whole].reshape(whole.sum(), -1).argmax(axis=1) for array in (predicted, points))
    return float((a == b).mean())


def mean_shape(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean of each point (15, 2) where it is labelled; 0 where it never is: the baseline."""
    known = np.isfinite(points)
    total = np.where(known, points, 0).sum(axis=0, dtype=np.float64)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1), np.float32)
