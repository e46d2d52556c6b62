"""FRRea's distance: between two sets of feature vectors, such as the pooled features of rendered frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray


def frechet_distance(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Fréchet distance of the normal distributions fitted to features (n, d) and (m, d).

    |mean - mean|^2 + trace(C + D - 2 (C D)^(1/2)) with unbiased covariances. Heusel et al. (2017), GANs trained
    by a two time-scale update rule converge to a local Nash equilibrium.

    Raises:
        ValueError: If there are fewer than two vectors in a set, or the widths differ.
    """
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1] or min(len(first), len(second)) < 2:
        raise ValueError(
            f"features of shapes {first.shape} and {second.shape}: give (n, d) and (m, d), two vectors or more"
        )
    x, y = first.astype(np.float64), second.astype(np.float64)
    c, d = np.atleast_2d(np.cov(x, rowvar=False)), np.atleast_2d(np.cov(y, rowvar=False))
    # The product of two positive semi-definite matrices has the spectrum of the symmetric C^(1/2) D C^(1/2).
    values, vectors = scipy.linalg.eigh(c)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    mixed = np.sqrt(scipy.linalg.eigvalsh(root @ d @ root).clip(0)).sum()
    return float(((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum() + np.trace(c) + np.trace(d) - 2 * mixed)
