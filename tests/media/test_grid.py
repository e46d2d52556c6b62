import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faceloom.media.grid import on_grid


def source(times):
    return [(time, f"frame {i}") for i, time in enumerate(times)]


def shown(times, n, gap=0.2):
    return [row.source_frame for row in on_grid(source(times), n, gap)]


def test_frames_of_25_fps_are_shown_once_each_though_the_container_rounds_to_milliseconds():
    times = [round(k / 25 + 0.0006 * (-1) ** k, 3) for k in range(50)]
    assert shown(times, 50) == list(range(50))


def test_of_30_fps_five_in_six_are_shown_each_within_half_a_source_frame():
    rows = list(on_grid(source(np.arange(60) / 30), 50, 0.2))
    assert all(abs(row.source_time - row.frame / 25) <= 1 / 60 + 1e-9 for row in rows)
    assert not any(row.duplicated or row.gap for row in rows)


def test_of_12_and_a_half_fps_each_is_shown_twice_and_the_second_time_is_a_duplicate():
    rows = list(on_grid(source(np.arange(5) / 12.5), 10, 0.2))
    assert [row.source_frame for row in rows] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]  # ties go to the earlier
    assert [row.duplicated for row in rows] == [False, True] * 5


def test_where_nothing_is_near_there_is_a_gap_and_no_item():
    rows = list(on_grid(source([0.0, 0.04, 1.0]), 30, 0.2))
    gaps = [row.frame for row in rows if row.gap]
    assert gaps == list(range(7, 20))  # 0.24 is the last within 0.2 s of 0.04, 0.8 the first within 0.2 s of 1.0
    assert all(rows[k].item is None and rows[k].source_frame == -1 and math.isnan(rows[k].source_time) for k in gaps)


def test_the_first_picture_after_a_gap_is_no_duplicate_unless_it_was_shown():
    rows = list(on_grid(source([0.0, 1.0]), 26, 0.1))
    assert [row.frame for row in rows if row.duplicated] == [1, 2, 24, 25]


def test_an_empty_source_is_one_gap():
    assert all(row.gap for row in on_grid([], 3, 0.2))


def test_the_source_is_read_to_its_end_and_lazily():
    read = []

    def frames():
        for i in range(100):
            read.append(i)
            yield i / 25, i

    rows = on_grid(frames(), 10, 0.2)
    next(rows)
    assert len(read) <= 3
    list(rows)
    assert len(read) == 100


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=60),
    st.integers(-300, 500),
    st.integers(1, 80),
    st.floats(0.01, 0.5),
)
def test_what_is_shown_is_the_nearest_of_all(steps, first, n, gap):
    times = (first + np.cumsum(steps)) / 1000
    for row in on_grid(source(times), n, gap):
        distance = np.abs(times - row.frame / 25)
        if row.gap:
            assert distance.min() > gap - 1.1e-4
        else:
            assert abs(row.source_time - row.frame / 25) <= distance.min() + 1.1e-4
            assert row.item == f"frame {row.source_frame}"
