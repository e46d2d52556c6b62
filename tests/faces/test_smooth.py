import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.faces.smooth import MAX_RADIUS, crop, radius


def smooth(squares, smoothing=0.7, margin=0.4):
    reach = radius(smoothing)
    padded = [None] * reach + list(squares) + [None] * reach
    return [crop(padded[k : k + 2 * reach + 1], reach, smoothing, margin) for k in range(len(squares))]


def test_jitter_falls_to_less_than_half():
    rng = np.random.default_rng(1)
    squares = [tuple(v) for v in rng.normal((100, 80, 60), 2.0, (80, 3))]
    raw, soft = np.array(squares), np.array(smooth(squares, margin=0.0))
    assert (np.diff(soft[:, 2]).std() / np.diff(raw[:, 2]).std()) < 0.35
    centers = soft[:, :2] + soft[:, 2:] / 2
    assert (np.diff(centers, axis=0).std() / np.diff(raw[:, :2], axis=0).std()) < 0.35


@given(st.floats(-3, 3), st.floats(0.05, 0.95), st.integers(2, 40))
def test_a_steady_move_is_followed_without_lag(speed, smoothing, length):
    squares = [(100 + speed * k, 80.0, 60.0) for k in range(length)]
    for k, (x, y, size) in enumerate(smooth(squares, smoothing)):
        assert size == pytest.approx(84, abs=1e-6)
        assert x + size / 2 == pytest.approx(100 + speed * k, abs=1e-6)
        assert y + size / 2 == pytest.approx(80, abs=1e-6)


def test_missing_pictures_are_skipped():
    squares = [(50.0 + k, 50.0, 40.0) if k % 3 else None for k in range(1, 12)]
    middle = crop(squares, 3, 0.7, 0.0)
    assert middle.x + middle.size / 2 == pytest.approx(54)


def test_no_smoothing_is_the_raw_box():
    assert radius(0) == 0
    assert crop([(10.0, 20.0, 8.0)], 0, 0.0, 0.5) == (4, 14, 12)


@given(st.floats(0, 0.999))
def test_what_waits_in_memory_is_bounded(smoothing):
    assert 0 <= radius(smoothing) <= MAX_RADIUS


def test_a_crop_needs_a_face():
    with pytest.raises(ValueError, match="no face"):
        crop([None], 0, 0.5, 0.4)
