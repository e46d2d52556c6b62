"""The search for the nearest reaction finds what trying all of them finds."""

import made
import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faceloom.metrics.reaction.dtw import dtw, squared_dtw
from faceloom.metrics.reaction.nearest import Sequences, nearest, prepare_real


def each(prediction, real):
    return np.array([sum(dtw(prediction[:, a:b], y[:, a:b]) * w for a, b, w in reference.STREAMS) for y in real])


@given(st.data(), st.integers(1, 12), st.sampled_from([1, 2, 3, 8]))
@settings(max_examples=60)
def test_warped_distance_of_any_two_sequences(data, length, width):
    numbers = arrays(np.float32, (length, width), elements=st.floats(-8, 8, width=16))
    x, y = data.draw(numbers), data.draw(numbers)
    assert dtw(x, y) == pytest.approx(reference.dtw(x, y), rel=1e-12)
    assert dtw(x, y) == dtw(y, x)


def test_same_bits_as_tslearn():
    metrics = pytest.importorskip("tslearn.metrics")
    rng = np.random.default_rng(0)
    for x, y in ((made.decoded(rng, 2, 750)), (made.noise(rng, 2, 300))):
        for a, b, _ in reference.STREAMS:
            assert dtw(x[:, a:b], y[:, a:b]) == metrics.dtw(x[:, a:b], y[:, a:b])


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one length"):
        dtw(np.zeros((4, 2)), np.zeros((5, 2)))


@pytest.mark.parametrize("share", [0.2, 0.9, 0.999, 1.0, 1.001, 1.5])
def test_a_limit_never_changes_a_distance_that_keeps_it(share):
    rng = np.random.default_rng(1)
    none, diagonals, cost = np.zeros(61), np.empty((3, 62)), np.empty(60)
    for _ in range(20):
        x, y = rng.normal(size=(2, 4, 60)).cumsum(axis=2)
        whole = squared_dtw(x, y, none, none, np.inf, diagonals, cost)
        limited = squared_dtw(x, y, none, none, whole * share, diagonals, cost)
        assert limited == (whole if share >= 1 else np.inf)


@pytest.mark.parametrize("width", [1, 15, 16])
def test_sets_are_as_far_apart_as_columns_of_0_and_1(width):
    rng = np.random.default_rng(6)
    columns = np.zeros((2, 16, 80), np.float32)
    columns[:, :width] = rng.random((2, width, 80)) < 0.4
    sets = np.einsum("pdt,d->pt", columns, 1 << np.arange(16))[:, None].astype(np.uint16)
    none, diagonals, cost = np.zeros(81), np.empty((3, 82), np.float32), np.empty(80, np.float32)
    distance = squared_dtw(*columns, none, none, np.inf, diagonals, cost)
    assert distance > 0
    assert squared_dtw(*sets, none, none, np.inf, diagonals, cost) == distance


@pytest.mark.parametrize("kind", [made.smooth, made.decoded, made.noise])
def test_minima_are_those_of_all_pairs(kind):
    rng = np.random.default_rng(2)
    real, predictions = made.smooth(rng, 12, 160), kind(rng, 4, 160)
    predictions[3] = real[5] * 0.9  # near to one, and its units are not 0 and 1
    neighbours = np.array([0, 2, 3, 5, 7, 8, 11])
    minima = nearest(predictions, prepare_real(real), neighbours)
    assert minima == pytest.approx([each(one, real[neighbours]).min() for one in predictions], rel=1e-12)


@pytest.mark.parametrize("scale", [1e-22, 1e-3, 1, 1e5, 1e9])
def test_minima_of_any_magnitude_among_reactions_that_float32_sums_cannot_tell_apart(scale):
    rng = np.random.default_rng(5)
    real = made.noise(rng, 1, 160) + rng.uniform(0, 1e-6, (12, 160, 25))
    real, predictions = np.float32(real * scale), np.float32(made.noise(rng, 2, 160) * scale)
    minima = nearest(predictions, prepare_real(real), np.arange(12))
    assert minima.tolist() == pytest.approx([each(one, real).min() for one in predictions], rel=1e-13)


def test_a_copy_is_at_distance_0():
    real = made.smooth(np.random.default_rng(3), 5, 130)
    assert nearest(real[2:3], prepare_real(real), np.arange(5)).tolist() == [0.0]


def test_most_pairs_are_abandoned(monkeypatch):
    rng = np.random.default_rng(4)
    real, predictions = made.smooth(rng, 40, 150), made.decoded(rng, 3, 150)
    from faceloom.metrics.reaction import nearest as module

    results = []
    monkeypatch.setattr(module, "squared_dtw", lambda *a: results.append(squared_dtw(*a)) or results[-1])
    nearest(predictions, prepare_real(real), np.arange(40))
    assert np.isfinite(results).sum() < 0.3 * 3 * 3 * 40
    assert isinstance(prepare_real(real), Sequences)
