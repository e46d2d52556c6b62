import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.metrics import keypoints as metrics
from faceloom.stills.points import EYES


def faces(n=6, seed=0):
    points = np.random.default_rng(seed).uniform(0, 96, (n, 15, 2)).astype(np.float32)
    points[:, EYES[0]], points[:, EYES[1]] = (66, 37), (26, 37)  # 40 pixels apart
    return points


def test_a_shift_of_three_and_four_pixels():
    points = faces()
    moved = points + np.float32([3, 4])
    assert metrics.rmse(moved, points) == pytest.approx(np.sqrt((9 + 16) / 2))
    assert metrics.distances(moved, points) == pytest.approx(5, abs=1e-4)
    assert metrics.nme(moved, points, EYES) == pytest.approx(5 / 40, abs=1e-6)


def test_missing_points_count_for_nothing():
    points = faces()
    moved = points + np.float32([3, 4])
    points[0, 5:] = np.nan
    points[1] = np.nan
    assert metrics.rmse(moved, points) == pytest.approx(np.sqrt(12.5), rel=1e-5)
    errors = metrics.face_errors(moved, points, EYES)
    assert np.isnan(errors[1])
    assert errors[[0, 2, 3]] == pytest.approx(0.125, abs=1e-6)
    assert np.isnan(metrics.nme(moved, np.full_like(points, np.nan), EYES))


def test_the_curve_rises_from_the_best_to_all():
    table = metrics.curve(np.array([0.01, 0.1, 0.2, np.nan]))
    share = table.set_index("nme")["share"]
    assert share[0.0] == 0
    assert share[0.01] == pytest.approx(1 / 3)
    assert share[0.1] == pytest.approx(2 / 3)
    assert share.iloc[-1] == 1
    assert share.is_monotonic_increasing


def test_the_references_accuracy_is_an_agreement_of_places():
    points = np.zeros((2, 15, 2), np.float32)
    points[:, 14, 1] = 80  # the lower lip is lowest
    guess = points * 0.5
    assert metrics.argmax_agreement(guess, points) == 1  # though every coordinate is wrong
    guess[0, 0, 0] = 90
    assert metrics.argmax_agreement(guess, points) == 0.5
    points[:, 3] = np.nan
    assert np.isnan(metrics.argmax_agreement(guess, points))


@given(st.integers(1, 8), st.integers(0, 100))
def test_the_mean_shape_has_the_least_rmse_of_all_constants(n, seed):
    points = faces(n, seed)
    mean = metrics.mean_shape(points)
    assert metrics.rmse(mean, points) <= metrics.rmse(mean + 0.1, points)


def test_the_mean_shape_is_over_the_labelled():
    points = faces(2)
    points[0, 4] = np.nan
    assert np.array_equal(metrics.mean_shape(points)[4], points[1, 4])
    points[1, 4] = np.nan
    assert not metrics.mean_shape(points)[4].any()
