import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faceloom.sequences.quantise import Quantiser, quantise

intensities = arrays(np.float64, 20, elements=st.floats(0, 5))
hertz = arrays(np.float64, 20, elements=st.floats(0, 1000))


def test_the_formula_of_the_reference():
    assert quantise([0.0, 0.09, 0.1, 0.29, 0.31, 4.9], 0.2).tolist() == [0.0, 0.0, 0.2, 0.2, 0.4, 5.0]
    assert quantise([123.44, 123.46], 0.1).tolist() == [123.4, 123.5]


@given(intensities)
def test_the_nearest_level_is_at_most_half_a_step_away(x):
    assert np.all(np.abs(quantise(x, 0.2) - x) <= 0.1 + 1e-9)


@given(hertz)
def test_quantising_twice_changes_nothing(x):
    once = quantise(x, 0.1)
    np.testing.assert_array_equal(quantise(once, 0.1), once)


@given(arrays(np.float64, 2, elements=st.floats(0, 5)))
def test_order_is_kept(x):
    low, high = quantise(np.sort(x), 0.2)
    assert low <= high


@given(hertz)
def test_every_result_is_one_of_the_levels(x):
    quantiser = Quantiser(0.1, 50, 550)
    assert np.isin(quantiser(x), quantiser.levels).all()


def test_levels_and_clipping():
    f0 = Quantiser(0.1, 50, 550)
    assert len(f0.levels) == 5001
    assert f0([0.0, 49.0, 551.0]).tolist() == [50.0, 50.0, 550.0]
    assert len(Quantiser(0.2, 0, 5).levels) == 26
    assert Quantiser(0.25, 0, 1).levels.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_missing_stays_missing():
    assert np.isnan(quantise([np.nan], 0.2)).all()
    assert np.isnan(Quantiser(0.2, 0, 5)([np.nan])).all()


@pytest.mark.parametrize("step", [0.0, -0.2])
def test_a_step_must_be_positive(step):
    with pytest.raises(ValueError, match="positive"):
        quantise([1.0], step)
