"""Where words about a face stand: beside it, never on a face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.facs import AU_COLUMNS
from faceloom.prediction.draw import draw, even
from faceloom.prediction.panel import LETTERS, Room, heading, panel

CLASSES = {"expression": ("anger", "happy", "surprise")}
COLOUR = (86, 180, 233)


def face(x=200, y=100, w=160, h=160, number=0):
    row = {"face": number, "x": x, "y": y, "w": w, "h": h, "emotion_name": "happy"}
    row |= {"expression_anger": 0.1, "expression_happy": 0.7, "expression_surprise": 0.2}
    return row | {name: k / 10 for k, name in enumerate(AU_COLUMNS)}


def whole(row):
    return panel(row, 1.0, CLASSES, COLOUR)


def test_what_is_said():
    one = whole(face())
    assert one.title == "0  happy 70 %"
    assert one.bars == [("anger", 0.1), ("happy", 0.7), ("surprise", 0.2)]
    assert one.units == ["AU45  1.6", "AU26  1.5", "AU25  1.4"]


def test_units_that_are_not_known_are_left_out():
    assert whole(face() | dict.fromkeys(AU_COLUMNS, None)).units == []
    assert whole(face() | dict.fromkeys(AU_COLUMNS, np.nan)).units == []


def test_a_small_face_has_a_heading_above_it():
    one = whole(face(w=30, h=30))
    assert not one.bars
    assert not one.units
    room = Room(640, 480, [one.box])
    assert one.place(room) is None
    assert one.above(room)[1] + one.tall <= 100


@pytest.mark.parametrize(("x", "is_right"), [(100, True), (480, False)])
def test_a_panel_stands_beside_its_face(x, is_right):
    one = whole(face(x=x, w=150))
    left, top = one.place(Room(640, 480, [one.box]))
    assert (left > x + 150) if is_right else (left + one.wide < x)
    assert top == 100


def test_a_panel_hides_no_neighbour():
    one, right, left = whole(face(x=300)), (470.0, 100.0, 160.0, 160.0), (130.0, 100.0, 160.0, 160.0)
    assert one.place(Room(900, 480, [one.box, right]))[0] < 300
    assert one.place(Room(900, 480, [one.box, right, left])) is None


def test_a_picture_is_widened_by_what_a_panel_lacks():
    one = whole(face(x=20, y=20, w=440, h=440))
    room = Room(480, 480, [one.box])
    strip = one.lacks(room)
    assert strip % 2 == 0
    assert one.place(room) is None
    assert one.place(room._replace(wide=480 + strip))
    assert one.place(room._replace(wide=480 + strip - 2)) is None


def test_no_strip_where_it_is_no_help():
    one = whole(face(x=20, y=20, w=200, h=200))
    assert one.lacks(Room(480, 480, [one.box])) == 0, "it has a place"
    neighbour = (230.0, 20.0, 240.0, 200.0)
    assert one.lacks(Room(480, 480, [one.box, neighbour])) == 0, "the place is a face's"


@pytest.mark.parametrize("widen", [False, True])
def test_a_face_that_fills_its_picture_stays_visible(widen):
    row = face(x=20, y=20, w=440, h=440)
    picture = np.full((480, 480, 3), 200, np.uint8)
    drawn = draw(picture, [row], CLASSES, widen=widen)
    hidden = (drawn[100:450, 30:450] != 200).any(axis=2).mean()
    assert hidden < 0.02
    assert drawn.shape[:2] == ((480, 480 + whole(row).lacks(Room(480, 480, [whole(row).box]))) if widen else (480, 480))


@given(st.integers(40, 900), st.integers(40, 900), st.integers(-50, 900), st.integers(-50, 900), st.integers(1, 900))
def test_any_face_in_any_picture_is_drawn(w, h, x, y, side):
    drawn = draw(np.zeros((h, w, 3), np.uint8), [face(x, y, side, side), face(y, x, side, side, 1)], CLASSES)
    assert drawn.shape[1::-1] == even((w, h))


def test_letters_grow_with_the_face_within_bounds():
    sizes = [heading(face(w=side, h=side), 1.0, CLASSES, COLOUR).letters for side in (20, 300, 2000)]
    assert sizes[0] == LETTERS[0] < sizes[1] < sizes[2] == LETTERS[1]
