"""The tracker's decisions, with detectors that see what they are told and count how often they are asked."""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np

from faceloom.faces.boxes import Box, Detection, iou
from faceloom.faces.track import LARGER, PATIENCE, RECHECK, SLOW_EVERY, Tracker

LEFT, RIGHT = Box(20, 20, 60, 60), Box(200, 100, 60, 60)


@dataclass
class Told:
    """Sees the boxes it is told."""

    source: str = "opencv"
    boxes: list = field(default_factory=list)
    near_calls: int = 0
    anywhere_calls: int = 0

    def near(self, gray, box):
        self.near_calls += 1
        return [Detection(b, 0.5, self.source) for b in self.boxes if iou(b, box) > 0]

    def anywhere(self, gray, smallest):
        self.anywhere_calls += 1
        return [Detection(b, 0.5, self.source) for b in self.boxes if b.w >= smallest]


def pictures():
    """Pictures that keep changing a little everywhere, so that none is skipped as still."""
    for base in itertools.cycle((90, 100, 110, 120)):
        yield np.full((240, 320), base, np.uint8)


def run(tracker, detector, script):
    """Show one picture per entry of the script (the boxes to see); returns the faces of each."""
    found = []
    for gray, boxes in zip(pictures(), script, strict=False):
        detector.boxes = boxes
        found.append(tracker.step(gray))
    return found


def test_a_followed_face_costs_one_look_near_it():
    fast, slow = Told(), Told("dlib")
    found = run(Tracker((fast, slow), 30), fast, [[LEFT]] * RECHECK)
    assert [faces[0].source for faces in found] == ["opencv"] + ["region"] * (RECHECK - 1)
    assert {faces[0].track for faces in found} == {0}
    assert fast.anywhere_calls == 1
    assert slow.near_calls == slow.anywhere_calls == 0


def test_the_second_detector_is_asked_where_the_first_finds_nothing():
    fast, slow = Told(), Told("dlib", [LEFT])
    found = run(Tracker((fast, slow), 30), fast, [[LEFT], [], [], [LEFT]])
    assert [faces[0].source for faces in found] == ["opencv", "dlib", "dlib", "region"]
    assert {faces[0].track for faces in found} == {0}


def test_a_face_that_is_gone_is_gone_at_once():
    fast = Told()
    assert run(Tracker((fast,), 30), fast, [[LEFT]] * 3 + [[]] * 3)[3:] == [[], [], []]


def test_a_face_that_comes_back_soon_keeps_its_track_and_a_late_one_does_not():
    fast = Told()
    soon = run(Tracker((fast,), 30), fast, [[LEFT]] * 2 + [[]] * 4 + [[LEFT]])
    assert soon[-1][0].track == 0
    late = run(Tracker((fast,), 30), fast, [[LEFT]] * 2 + [[]] * (PATIENCE + 2) + [[LEFT]] * 2)
    assert late[-1][0].track == 1


def test_a_scene_cut_begins_a_new_track():
    fast, tracker = Told(boxes=[LEFT]), Tracker((Told(boxes=[LEFT]),), 30)
    tracker.finders = (fast,)
    first = tracker.step(np.full((240, 320), 60, np.uint8))
    second = tracker.step(np.full((240, 320), 160, np.uint8))
    assert (first[0].track, second[0].track) == (0, 1)


def test_the_slow_detector_looks_rarely_at_empty_pictures_and_never_at_still_ones():
    fast, slow = Told(), Told("dlib")
    tracker = Tracker((fast, slow), 30)
    rng = np.random.default_rng(0)
    for _ in range(4 * SLOW_EVERY):
        tracker.step(rng.integers(0, 50, (240, 320)).astype(np.uint8))
    assert 4 <= slow.anywhere_calls <= 5
    still = Tracker((fast := Told(), slow := Told("dlib")), 30)
    for _ in range(40):
        still.step(np.full((240, 320), 90, np.uint8))
    assert (fast.anywhere_calls, slow.anywhere_calls) == (1, 1)


def test_a_picture_that_moves_again_is_searched_at_once():
    fast = Told(boxes=[LEFT])
    tracker, still, moved = Tracker((fast, Told("dlib")), 30), *(np.full((240, 320), v, np.uint8) for v in (90, 110))
    tracker.step(moved)
    fast.boxes = []
    for gone in range(1, 2 * PATIENCE):
        assert tracker.step(still) == []
        assert fast.anywhere_calls == 2
        if gone % 5 == 0:  # whenever it comes, in turn or out of turn
            again = replace(tracker, _tracks=list(tracker._tracks))
            again.finders = (Told(boxes=[RIGHT]),)
            assert [face.box for face in again.step(moved)] == [RIGHT]


def test_the_slow_detector_finds_a_still_face_that_the_first_overlooks():
    fast, slow = Told(boxes=[LEFT]), Told("dlib")
    tracker = Tracker((fast, slow), 30)
    tracker.step(np.full((240, 320), 110, np.uint8))
    fast.boxes, slow.boxes = [], [RIGHT]
    found = [tracker.step(np.full((240, 320), 90, np.uint8)) for _ in range(SLOW_EVERY + 1)]
    assert [len(faces) for faces in found] == [0] * SLOW_EVERY + [1]
    assert (fast.anywhere_calls, slow.anywhere_calls) == (2, 1)


def test_another_face_takes_over_only_if_it_is_clearly_larger():
    fast = Told()
    similar, larger = Box(200, 100, 62, 62), Box(180, 80, 60 * LARGER, 60 * LARGER)
    assert run(Tracker((fast,), 30), fast, [[LEFT]] + [[LEFT, similar]] * (RECHECK + 2))[-1][0].box == LEFT
    faces = run(Tracker((fast,), 30), fast, [[LEFT]] + [[LEFT, larger]] * (RECHECK + 2))[-1]
    assert [face.box for face in faces] == [larger]
    assert faces[0].track == 1


def test_all_faces_keep_their_tracks():
    fast = Told()
    found = run(Tracker((fast,), 30, many=True), fast, [[LEFT, RIGHT]] * 3 + [[RIGHT]] * 3 + [[LEFT, RIGHT]] * RECHECK)
    for faces in found:
        for face in faces:
            assert face.track == (0 if face.box == LEFT else 1)
    assert [len(faces) for faces in found[:6]] == [2, 2, 2, 1, 1, 1]
    assert len(found[-1]) == 2


def test_two_faces_of_about_one_size_do_not_take_turns():
    fast = Told()
    grown = RIGHT._replace(w=64, h=64)
    found = run(Tracker((fast,), 30, many=True), fast, [[LEFT, RIGHT], [LEFT, grown], [LEFT, RIGHT], [LEFT, grown]])
    assert [faces[0].track for faces in found] == [0] * 4
    assert [len(faces) for faces in found] == [2] * 4
