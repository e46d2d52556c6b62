import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.metrics.reaction import frechet_distance
from faceloom.realism.moments import Moments


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 99))
def test_parts_together_are_the_whole(sizes, seed):
    vectors = np.random.default_rng(seed).normal(1e3, 1, (sum(sizes), 3))
    whole = Moments.of(vectors)
    parts = [Moments.of(part) for part in np.split(vectors, np.cumsum(sizes)[:-1])]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merged(part)
    assert merged.count == whole.count
    np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(merged.scatter, whole.scatter, atol=1e-8)


@pytest.mark.parametrize("shift", [0, 2])
def test_the_distance_is_that_of_the_vectors(shift):
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(200, 5)), rng.normal(shift, 3, size=(150, 5)) @ rng.normal(size=(5, 5))
    assert Moments.of(first).distance(Moments.of(second)) == pytest.approx(frechet_distance(first, second))


def test_one_dimension_is_the_textbook_case():
    first, second = np.array([[0.0], [2.0]]), np.array([[5.0], [11.0]])
    apart, spread = 8 - 1, np.std([5, 11], ddof=1) - np.std([0, 2], ddof=1)
    assert Moments.of(first).distance(Moments.of(second)) == pytest.approx(apart**2 + spread**2)


def test_a_set_is_no_distance_from_itself_though_smaller_than_its_width():
    vectors = np.random.default_rng(0).normal(size=(20, 120))
    moments, shuffled = Moments.of(vectors), Moments.of(vectors[::-1])
    assert moments.distance(shuffled) == pytest.approx(0, abs=1e-12 * moments.variance)
    assert moments.distance(shuffled) >= 0
