"""Mean and covariance of feature vectors that come in parts, and the Fréchet distance between two of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Of n vectors: mean (d,) and scatter (d, d), the sum of the outer products of the deviations from the mean."""

    count: int
    mean: Floats
    scatter: Floats

    @classmethod
    def of(cls, vectors: NDArray[Any]) -> Moments:
        """The moments of vectors (n, d), n of at least 1."""
        x = vectors.astype(np.float64)
        mean = x.mean(axis=0)
        x -= mean
        return cls(len(x), mean, x.T @ x)

    def merged(self, other: Moments) -> Moments:
        """Those of both sets together: Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance."""
        count, apart = self.count + other.count, other.mean - self.mean
        between = np.outer(apart, apart * (self.count * other.count / count))
        between += self.scatter
        between += other.scatter
        return Moments(count, self.mean + apart * (other.count / count), between)

    @cached_property
    def root(self) -> Floats:
        """The symmetric square root (d, d) of the unbiased covariance."""
        values, vectors = scipy.linalg.eigh(self.scatter / (self.count - 1))
        root: Floats = (vectors * np.sqrt(values.clip(0))) @ vectors.T
        return root

    def distance(self, other: Moments) -> float:
        """Fréchet distance of the normal distributions with these moments, two vectors or more in each.

        |mean - mean|^2 + trace(C) + trace(D) - 2 trace((C D)^(1/2)), Heusel et al. (2017). The last trace is the sum of
        the singular values of C^(1/2) D^(1/2); as roots of a product's eigenvalues they would lose half their digits,
        and with fewer vectors than features most of them are 0.
        """
        mixed = scipy.linalg.svdvals(self.root @ other.root).sum()
        apart = ((self.mean - other.mean) ** 2).sum()
        return max(0.0, float(apart + self.variance + other.variance - 2 * mixed))  # rounding may go below

    @property
    def variance(self) -> float:
        """The trace of the unbiased covariance."""
        return float(np.trace(self.scatter)) / (self.count - 1)
