import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from faceloom.media.audio import Heard, blocks, place

PIECES = st.lists(st.tuples(st.integers(-300, 2000), st.integers(0, 400)), max_size=8).map(sorted)


def laid(pieces, total):
    heard = Heard()
    return np.concatenate([np.empty(0, np.float32), *place(iter(pieces), total, heard)]), heard.samples


def test_pieces_lie_at_their_positions_with_silence_between():
    ones = np.ones(3, np.float32)
    samples, heard = laid([(2, ones), (7, 2 * ones)], 12)
    assert samples.tolist() == [0, 0, 1, 1, 1, 0, 0, 2, 2, 2, 0, 0]
    assert heard == 6


def test_what_lies_before_zero_or_behind_the_end_is_cut():
    ramp = np.arange(10, dtype=np.float32)
    assert laid([(-4, ramp)], 3)[0].tolist() == [4, 5, 6]
    assert laid([(50, ramp)], 3)[0].tolist() == [0, 0, 0]
    assert laid([(50, ramp)], 3)[1] == 0


def test_of_an_overlap_the_earlier_keeps_its_samples():
    samples, heard = laid([(0, np.ones(5, np.float32)), (3, np.full(5, 2, np.float32))], 10)
    assert samples.tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 0, 0]
    assert heard == 8


def test_an_hour_of_silence_comes_in_pieces():
    assert max(len(piece) for piece in place(iter([]), 3600 * 16000, Heard())) == 16000


@given(PIECES, st.integers(1, 2500))
def test_the_total_is_exact_and_every_sample_is_where_it_belongs(pieces, total):
    source = [(at, np.arange(at, at + n, dtype=np.float32) + 10000) for at, n in pieces]
    samples, heard = laid(source, total)
    assert len(samples) == total
    assert heard == (samples != 0).sum()
    assert np.all((samples == 0) | (samples == np.arange(total) + 10000))
    covered = np.zeros(total, bool)
    for at, n in pieces:
        covered[max(at, 0) : max(at + n, 0)] = True
    assert np.array_equal(samples != 0, covered)


@given(st.lists(st.integers(0, 50), max_size=10), st.integers(1, 20))
def test_blocks_keep_the_samples_in_order(lengths, size):
    total = sum(lengths) // size * size
    row = np.arange(total, dtype=np.float32)
    pieces = np.split(row, np.cumsum(lengths)[:-1].clip(max=total)) if lengths else []
    cut = list(blocks(pieces, size))
    assert all(len(block) == size for block in cut)
    assert np.array_equal(np.concatenate([np.empty(0, np.float32), *cut]), row)
