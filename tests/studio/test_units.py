import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from faceloom.facs import AUS, UNITS_OF_AU
from faceloom.studio import units
from faceloom.studio.units import (
    INDEX,
    UNITS,
    drawn,
    gaze_of,
    labels_from_units,
    looking,
    strength,
    units_from_aus,
    weights,
)

MOUTH = [AUS.index(au) for au in ("AU25", "AU26")]
OTHERS = [k for k in range(len(AUS)) if k not in MOUTH]
intensities = arrays(np.float32, (17,), elements=st.floats(0, 5, width=32))


def test_there_are_52_units_in_alphabetical_order_and_each_au_has_its_own() -> None:
    assert len(set(UNITS)) == 52
    assert list(UNITS) == sorted(UNITS)
    for names in UNITS_OF_AU.values():
        assert all(units.columns(name) for name in names)


@given(intensities)
def test_labels_of_drawn_aus_are_the_aus(aus: npt.NDArray[np.float32]) -> None:
    labels = labels_from_units(units_from_aus(aus))
    np.testing.assert_allclose(labels[OTHERS], aus[OTHERS], atol=1e-4)
    assert aus[MOUTH[1]] - 1e-4 <= labels[MOUTH[1]] <= max(aus[MOUTH[1]], 0.5) + 1e-4


@given(st.floats(0, 5), st.floats(0, 5))
def test_lips_part_as_asked_unless_the_jaw_is_shut(apart: float, jaw: float) -> None:
    aus = np.zeros(17, np.float32)
    aus[MOUTH] = apart, jaw
    label = labels_from_units(units_from_aus(aus))[MOUTH[0]]
    assert label >= apart - 1e-3
    if apart <= 3.5:
        assert abs(label - apart) < 1e-3


def test_au25_and_au26_follow_the_stated_formula() -> None:
    units = weights(jawOpen=0.2, mouthClose=0.05, mouthLowerDown=0.3)
    labels = dict(zip(AUS, labels_from_units(units), strict=True))
    assert abs(labels["AU26"] - 1.0) < 1e-5
    assert abs(labels["AU25"] - 5 * (3 * 0.15 + 0.7 * 0.3)) < 1e-5
    assert labels["AU12"] == 0


def test_gains_strengthen_what_is_drawn_and_not_the_labels() -> None:
    units = weights(noseSneer=0.5, cheekSquint=0.8)
    before = units.copy()
    strong = drawn(units)
    assert np.array_equal(units, before)
    assert strength(strong, "noseSneer") > strength(units, "noseSneer")
    assert strength(strong, "eyeSquint") >= 0.55 * strength(strong, "cheekSquint") > 0
    assert strength(strong, "browDown") > 0
    assert strength(strong, "mouthUpperUp") > 0


def test_many_frames_at_once_equal_one_at_a_time() -> None:
    aus = np.random.default_rng(0).uniform(0, 5, (4, 3, 17))
    together = units_from_aus(aus)
    assert together.shape == (4, 3, 52)
    np.testing.assert_array_equal(together[2, 1], units_from_aus(aus[2, 1]))
    np.testing.assert_allclose(labels_from_units(together)[2, 1], labels_from_units(together[2, 1]), atol=1e-6)


@given(st.floats(-28, 28), st.floats(-22, 22))
def test_gaze_is_kept_in_the_units(left: float, up: float) -> None:
    turned = looking(np.zeros(52, np.float32), (left, up))
    np.testing.assert_allclose(gaze_of(turned), [[left, up], [left, up]], atol=1e-3)
    assert turned[INDEX["eyeLookOutLeft"]] >= 0
