"""Agreement of token sequences."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def accuracy(predicted: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Share of equal tokens among those that the mask admits; NaN where it admits none.

    Args:
        predicted: Tokens of any shape.
        target: Tokens of the same shape.
        mask: Leading axes of that shape, such as frames for (frames, units).
    """
    equal = np.asarray(predicted) == np.asarray(target)
    if mask is not None:
        equal = equal[np.asarray(mask, bool)]
    return float(equal.mean()) if equal.size else float("nan")


def cross_entropy(log_probabilities: ArrayLike, target: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Mean negative log-probability of the target tokens, in nats; NaN where the mask admits none.

    Args:
        log_probabilities: (..., n_tokens).
        target: Tokens (...).
        mask: Leading axes of the target's shape.
    """
    tokens = np.asarray(target)
    chosen = np.take_along_axis(np.asarray(log_probabilities, np.float64), tokens[..., None], axis=-1)[..., 0]
    if mask is not None:
        chosen = chosen[np.asarray(mask, bool)]
    return float(-chosen.mean()) if chosen.size else float("nan")
