"""The detectors on a real face of known place."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.faces.boxes import DLIB, Box, iou
from faceloom.faces.detect import Haar, Hog, ladder
from faceloom.faces.extract import Row, table
from faceloom.faces.track import Face


@pytest.fixture
def gray(paste):
    return cv2.cvtColor(paste((80, 40)), cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("detector", [Haar(), Hog()])
def test_a_look_near_finds_what_the_whole_picture_shows(gray, detector):
    (whole,) = Haar().anywhere(gray, 40)
    for dx, dy, scale in ((0, 0, 1), (6, -4, 0.95), (-5, 5, 1.08)):
        side = whole.box.w * scale
        guess = Box(whole.box.x + dx, whole.box.y + dy, side, side)
        found = detector.near(gray, guess)
        assert max(iou(d.box, whole.box) for d in found) > 0.7


def test_the_thorough_look_sees_further_than_the_quick_one(gray):
    whole = Haar().anywhere(gray, 40)[0].box
    quick = Haar()
    quick.NEAR = Haar.NEAR[:1]
    far = whole.moved(0.3 * whole.w, 0)
    assert not quick.near(gray, far)
    assert iou(Haar().near(gray, far)[0].box, whole) > 0.7


@given(st.floats(0.05, 3))
def test_the_ladder_gives_the_next_scale_of_dlibs_pyramid(least):
    scale = ladder(least)
    assert least * (1 - 1e-9) <= scale <= least * 1.2 * (1 + 1e-9)
    steps = np.log(2 / scale) / np.log(6 / 5)
    assert steps == pytest.approx(round(steps), abs=1e-6)


def test_dlibs_box_is_handed_on_as_drawn_and_haars_as_it_is():
    box = DLIB.normalise(Box(50, 60, 70, 70))
    rows = [Row([Face(box, 0.5, source, 0)], None, b"") for source in ("dlib", "region")]
    columns = table(rows, 0).to_pydict()
    assert columns["w"] == pytest.approx([70, box.w])
    assert columns["y"] == pytest.approx([60, box.y])
