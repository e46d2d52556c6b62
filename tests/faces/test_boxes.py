import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.faces.boxes import BLAZEFACE, DLIB, Box, Convention, iou, neighbourhood

sides = st.floats(1, 500)
boxes = st.builds(Box, st.floats(-50, 400), st.floats(-50, 400), sides, sides)


@given(boxes, boxes)
def test_overlap_is_symmetric_and_a_fraction(a, b):
    assert iou(a, b) == pytest.approx(iou(b, a))
    assert 0 <= iou(a, b) <= 1 + 1e-9
    assert iou(a, a) == pytest.approx(1)


def test_overlap_of_half_shifted_squares_is_a_third():
    assert iou(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)


@given(boxes, st.floats(1, 3))
def test_a_neighbourhood_stays_in_the_picture(box, reach):
    x0, y0, x1, y1 = neighbourhood(box, reach, 320, 240)
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= 320
    assert y1 <= 240


@pytest.mark.parametrize("convention", [DLIB, BLAZEFACE, Convention(0.1, -0.2, 1.5)])
def test_conventions_scale_about_the_shifted_centre(convention):
    box = convention.normalise(Box(100, 100, 40, 50))
    assert box.w == box.h == pytest.approx(40 * convention.scale)
    assert box.center == pytest.approx((120 + 40 * convention.dx, 125 + 40 * convention.dy))


@given(st.floats(-50, 400), st.floats(-50, 400), sides)
def test_the_drawn_square_comes_back_from_the_normalised_one(x, y, side):
    assert DLIB.drawn(DLIB.normalise(Box(x, y, side, side))) == pytest.approx((x, y, side, side), abs=1e-6)
