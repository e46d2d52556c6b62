"""How far coefficients are from those of held-out clips, beside two predictors that know nothing of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from faceloom.coefficients.data import GROUPS, Floats, Pair

MEAN: Final = "mean coefficients"
LINEAR: Final = "linear, frame by frame"
NETWORK: Final = "Bi-LSTM"

Predictor = Callable[[Floats], NDArray[np.floating]]
Doubles = NDArray[np.float64]


def table(predict: Predictor, training: Sequence[Pair], held_out: Sequence[Pair]) -> dict[str, dict[str, float]]:
    """Errors by predictor and group of coefficients.

    Args:
        predict: Coefficients (T, 58) from attributes (T, 25), of the network.
        training: Clips that the two baselines learn from.
        held_out: Clips to score, of other people.
    """
    mean = frames(training, "coefficients").mean(axis=0, dtype=np.float64)
    predictors = {MEAN: lambda x: np.broadcast_to(mean, (len(x), len(mean))), LINEAR: affine(*least_squares(training))}
    return {name: rmse(own, held_out) for name, own in (predictors | {NETWORK: predict}).items()}


def rmse(predict: Predictor, pairs: Sequence[Pair]) -> dict[str, float]:
    """Root of the mean squared error over the known frames and the coefficients of each of `data.GROUPS`."""
    error = np.concatenate([(predict(pair.attributes) - pair.coefficients)[pair.known] for pair in pairs])
    return {name: float(np.sqrt(np.square(error[:, own], dtype=np.float64).mean())) for name, own in GROUPS.items()}


def least_squares(pairs: Sequence[Pair]) -> tuple[Doubles, Doubles]:
    """Slope (25, 58) and intercept (58,) of the best map from the attributes of one frame."""
    x, y = frames(pairs, "attributes").astype(np.float64), frames(pairs, "coefficients")
    x = np.column_stack([x, np.ones(len(x))])
    # the normal equations: 26 numbers a column, however many frames; pinv, for an action unit may never occur
    weights = np.linalg.pinv(x.T @ x, hermitian=True) @ (x.T @ y)
    return weights[:-1], weights[-1]


def affine(slope: Doubles, intercept: Doubles) -> Predictor:
    """The predictor x @ slope + intercept."""
    return lambda attributes: attributes @ slope + intercept


def frames(pairs: Sequence[Pair], name: str) -> Floats:
    """The known frames of all clips, end to end."""
    return np.concatenate([getattr(pair, name)[pair.known] for pair in pairs])
