import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.sequences.windows import cut, starts, stitch

LENGTHS = (75901, 74226, 55754, 26182, 71402, 40213, 35541, 56343, 43698, 15395)
"""Frames of the ten videos of reference 1."""


def test_windows_of_the_reference():
    windows = sum(len(starts(length, 100, 20)) for length in LENGTHS)
    assert windows == 6187
    assert (int(0.9 * windows), windows - int(0.9 * windows)) == (5568, 619)


def test_the_tail():
    assert starts(180, 100, 20) == [0, 80]  # ends with a whole window: nothing is left over
    assert starts(181, 100, 20) == [0, 80, 160]
    assert starts(20, 100, 20) == [0]  # reference 1 would lose a video of exactly the overlap
    assert starts(0, 100, 20) == []


sizes = st.tuples(st.integers(1, 400), st.integers(1, 60)).flatmap(
    lambda pair: st.tuples(st.just(pair[0]), st.just(pair[1]), st.integers(0, pair[1] - 1))
)


@given(sizes)
def test_every_frame_is_in_a_window_and_comes_back(size):
    n, length, overlap = size
    sequence = np.random.default_rng(n).normal(size=(n, 2))
    windows = cut(sequence, length, overlap, np.nan)
    np.testing.assert_allclose(stitch(windows, starts(n, length, overlap), n), sequence)


@given(sizes)
def test_only_the_last_window_is_padded(size):
    n, length, overlap = size
    windows = cut(np.ones(n), length, overlap, 0.0)
    assert windows[:-1].all()
    assert windows[-1, 0]


def test_overlaps_are_averaged_and_unknown_frames_do_not_count():
    windows = np.array([[1.0, 2.0, np.nan], [4.0, 6.0, np.nan]])
    np.testing.assert_array_equal(stitch(windows, [0, 1], 4), [1.0, 3.0, 6.0, np.nan])


@pytest.mark.parametrize("overlap", [-1, 100, 200])
def test_an_overlap_must_leave_a_step(overlap):
    with pytest.raises(ValueError, match="overlap"):
        starts(500, 100, overlap)
