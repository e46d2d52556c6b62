"""Uniform quantisers: continuous features on a grid of levels, exactly invertible."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def decimals(step: float) -> int:
    """Decimals that a multiple of `step` is written with: those of the step, at least one (as reference 1 rounds)."""
    exponent = Decimal(str(step)).normalize().as_tuple().exponent
    return max(1, -int(exponent))


def quantise(x: ArrayLike, step: float) -> Floats:
    """Round to the nearest multiple of `step`: Q(x) = step * floor(x / step + 1/2). NaN stays NaN.

    Args:
        x: Values of any shape.
        step: Distance of the levels, in the unit of x; more than 0.

    Raises:
        ValueError: the step is not positive.
    """
    if not step > 0:
        raise ValueError(f"step must be positive, not {step}")
    return np.round(step * np.floor(np.asarray(x, np.float64) / step + 0.5), decimals(step))


@dataclass(frozen=True)
class Quantiser:
    """Q on a closed range: `low`, `low + step`, ... up to `high` (both multiples of the step after Q).

    The range clips before Q, as reference 1 does with F0 at 50 and 550 Hz.
    """

    step: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"the range {self.low} to {self.high} is empty")

    def __call__(self, x: ArrayLike) -> Floats:
        """Clip, then quantise; NaN stays NaN."""
        return quantise(np.clip(np.asarray(x, np.float64), self.low, self.high), self.step)

    @property
    def levels(self) -> Floats:
        """Every level, ascending."""
        first, last = (round(float(quantise(end, self.step)) / self.step) for end in (self.low, self.high))
        return np.round(np.arange(first, last + 1) * self.step, decimals(self.step))
