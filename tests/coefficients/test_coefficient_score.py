"""Errors by group, and the baselines."""

import numpy as np
import pytest
from toy_coefficients import MAP, UNITS, clip

from faceloom.coefficients import score
from faceloom.coefficients.data import Pair


def pair(seed, known=None):
    attributes, coefficients = clip(seed)
    return Pair("a", attributes, coefficients, np.ones(40, bool) if known is None else known)


def test_rmse_is_of_each_group_and_of_known_frames():
    known = np.arange(40) < 10
    held_out = [pair(1, known), pair(2)]
    step = np.repeat([1.0, 2.0, 3.0], [52, 3, 3])

    def off(attributes):
        truth = attributes @ MAP + 7 * UNITS
        unknown = np.where(known[:, None] | (attributes != held_out[0].attributes).any(), 0, 99)
        return truth + step + unknown

    assert score.rmse(off, held_out) == pytest.approx({"expression": 1, "rotation": 2, "translation": 3}, rel=1e-4)


def test_the_linear_baseline_finds_a_linear_map_and_forgives_a_constant_column():
    training = [pair(k) for k in range(4)]
    for own in training:
        own.coefficients[:] -= own.attributes[:, :1] * MAP[0].astype(np.float32)
        own.attributes[:, 0] = 0  # an action unit that never occurs
    errors = score.rmse(score.affine(*score.least_squares(training)), training)
    assert all(error < 1e-3 * unit for error, unit in zip(errors.values(), (0.1, 1, 50), strict=True))


def test_the_mean_baseline_is_of_the_training_clips():
    training, held_out = [pair(1)], [pair(2)]
    rows = score.table(lambda x: x @ MAP + 7 * UNITS, training, held_out)
    assert list(rows) == [score.MEAN, score.LINEAR, score.NETWORK]
    error = held_out[0].coefficients - training[0].coefficients.mean(axis=0)
    assert rows[score.MEAN]["expression"] == pytest.approx(np.sqrt(np.mean(error[:, :52] ** 2)), rel=1e-5)
    assert all(value < 1e-4 for value in rows[score.NETWORK].values())
