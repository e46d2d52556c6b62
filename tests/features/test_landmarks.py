from dataclasses import astuple

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceloom.errors import InputError
from faceloom.features.iris import EyeTracker, IrisNetwork, aperture, eye_frame
from faceloom.features.landmarks import (
    KEYPOINTS15,
    LANDMARKS68,
    Landmarker,
    Roi,
    keypoints15,
    keypoints15_of_68,
    landmarks68,
    roi_of,
    whole,
)
from faceloom.features.tflite import TfliteNetwork, network_file
from faces import astronaut


@pytest.fixture(scope="module")
def seen():
    """The astronaut's landmarks, confidence and eyes."""
    image = astronaut()
    landmarks, confidence = Landmarker()(image, whole(image), passes=2)
    return landmarks, confidence, IrisNetwork()(image, landmarks)


def test_a_real_face_is_found_with_its_parts_in_place(seen):
    landmarks, confidence, _ = seen
    points = dict(zip(KEYPOINTS15, keypoints15(landmarks), strict=True))
    assert confidence > 0.9
    assert points["right_eye_center"][0] < points["nose_tip"][0] < points["left_eye_center"][0]
    assert points["left_eyebrow_inner_end"][1] < points["left_eye_center"][1] < points["nose_tip"][1]
    assert points["mouth_center_top_lip"][1] < points["mouth_center_bottom_lip"][1]


def test_no_face_no_confidence():
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    assert Landmarker()(noise, whole(noise))[1] < 0.5


def test_open_eyes_are_seen_open(seen):
    eyes = seen[2]
    assert eyes.shape == (2, 76, 2)
    assert (aperture(eyes) > 0.2).all()


def test_the_second_pass_moves_little_and_tracking_continues_it(seen):
    image, landmarks = astronaut(), seen[0]
    again, confidence = Landmarker()(image, roi_of(landmarks))
    assert confidence > 0.9
    assert np.abs(again - landmarks)[:, :2].mean() < 1.0


def test_the_68_and_both_15_agree(seen):
    points = landmarks68(seen[0])
    assert points.shape == (68, 2)
    assert len(set(LANDMARKS68)) == 68
    apart = np.abs(keypoints15_of_68(points) - keypoints15(seen[0])).max(axis=1)  # pixels of a 128-pixel crop
    brows = np.array(["eyebrow" in name for name in KEYPOINTS15])
    assert apart[~brows].max() < 2
    assert apart[brows].max() < 10  # the 68 lie on the brow's upper edge, the 15 in its middle


@pytest.mark.parametrize("name", ["face_landmark", "iris_landmark"])
def test_networks_agree_with_opencv(name):
    network = TfliteNetwork(name)
    image = np.random.default_rng(1).integers(0, 255, (network.side, network.side, 3), dtype=np.uint8)
    oracle = cv2.dnn.readNetFromTFLite(network_file(name))
    oracle.setInput(image.transpose(2, 0, 1)[None].astype(np.float32) / 255)
    expected = sorted((o.ravel() for o in oracle.forward(oracle.getUnconnectedOutLayersNames())), key=lambda o: -o.size)
    for found, wanted in zip(network(image), expected, strict=True):
        assert found == pytest.approx(wanted, abs=1e-2)


def test_an_unknown_network_says_what_to_install():
    with pytest.raises(InputError, match=r"requirements-assets\.txt"):
        network_file("nothing")


@given(st.floats(-50, 300), st.floats(-50, 300), st.floats(20, 400))
@settings(max_examples=30)
def test_crop_coordinates_survive_a_round_trip(x, y, side):
    points = np.random.default_rng(0).uniform(0, 128, (468, 3)).astype(np.float32)
    crop = Roi(x, y, side)
    assert crop.to_crop(crop.from_crop(points, 128), 128)[:, :2] == pytest.approx(points[:, :2], abs=0.01)


@given(st.floats(-50, 300), st.floats(-50, 300), st.floats(20, 400))
@settings(max_examples=30)
def test_a_square_found_in_the_picture_is_that_of_the_crop(x, y, side):
    points = np.random.default_rng(0).uniform(0, 128, (468, 3)).astype(np.float32)
    crop = Roi(x, y, side)
    found, wanted = roi_of(points).inside(crop, 128), roi_of(crop.to_crop(points, 128))
    assert astuple(found) == pytest.approx(astuple(wanted), rel=1e-4, abs=0.01)


@given(st.floats(-3, 3), st.floats(1, 50), st.floats(-100, 100))
@settings(max_examples=30)
def test_the_eye_frame_is_free_of_place_size_and_roll(angle, scale, shift):
    points = np.random.default_rng(0).normal(size=(76, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * points @ turn.T + shift
    assert eye_frame(moved) == pytest.approx(eye_frame(points), abs=1e-3)
    assert eye_frame(points)[[0, 8]] == pytest.approx(np.array([[-0.5, 0], [0.5, 0]]), abs=1e-3)


def test_a_turned_square_is_cut_level():
    image = np.zeros((200, 200, 3), np.uint8)
    cv2.line(image, (60, 60), (140, 140), (255, 255, 255), 3)
    cut = Roi(100, 100, 80, np.pi / 4).cut(image, 64)
    assert cut[31:33].mean() > 200
    assert cut[:16].mean() < 5


def test_an_eye_is_read_again_only_when_it_changed(seen, monkeypatch):
    image, landmarks = astronaut(), seen[0]
    eyes, read = EyeTracker(), IrisNetwork.read
    calls = []
    monkeypatch.setattr(IrisNetwork, "read", lambda self, picture: calls.append(1) or read(self, picture))
    first = eyes(image, landmarks)
    noise = np.random.default_rng(0).integers(-2, 3, image.shape)
    noisy = np.clip(image.astype(int) + noise, 0, 255).astype(np.uint8)
    assert np.array_equal(eyes(noisy, landmarks), first)
    assert len(calls) == 2
    closed = image.copy()
    x, y = landmarks[[33, 133], :2].mean(axis=0).astype(int)
    closed[y - 4 : y + 5, x - 9 : x + 10] = image[y + 12, x]  # skin over the right eye
    assert aperture(eye_frame(eyes(closed, landmarks)))[0] < aperture(eye_frame(first))[0]
    assert len(calls) == 3
    eyes.forget()
    eyes(closed, landmarks)
    assert len(calls) == 5


@pytest.mark.parametrize("moved", [0, 4])
def test_neither_trembling_landmarks_nor_a_moved_face_is_a_changed_eye(seen, monkeypatch, moved):
    image, landmarks = astronaut(), seen[0]
    eyes, read = EyeTracker(), IrisNetwork.read
    calls = []
    monkeypatch.setattr(IrisNetwork, "read", lambda self, picture: calls.append(1) or read(self, picture))
    first = eyes(image, landmarks)
    new = landmarks + np.float32([4, 0, 0])  # by so much the squares' pictures differ
    assert np.array_equal(eyes(np.roll(image, moved, axis=1), new), first)
    assert len(calls) == 2
    eyes(np.roll(image, -8, axis=1), new)  # neither square shows what was read
    assert len(calls) == 4
