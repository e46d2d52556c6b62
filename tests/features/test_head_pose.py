import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faceloom.features.head_pose import align, angles_of, rotation_of, template_of, translation
from faces import photographed, solid

angle = st.floats(-60, 60)


@given(angle, angle, angle)
@settings(max_examples=50)
def test_angles_survive_a_round_trip(yaw, pitch, roll):
    angles = np.array([[yaw, pitch, roll]])
    assert angles_of(rotation_of(angles)) == pytest.approx(angles, abs=1e-3)


@pytest.mark.parametrize(
    ("angles", "where"),
    [
        ((30, 0, 0), (0.5, 0.0)),  # to the subject's left: the nose points to the image's right
        ((0, 30, 0), (0.0, 0.5)),  # up
        ((0, 0, 30), (0.0, 0.0)),  # a tilt leaves the nose where it is
    ],
)
def test_the_nose_points_where_the_contract_says(angles, where):
    nose = rotation_of(np.array([angles]))[0] @ [0, 0, 1]
    assert nose[:2] == pytest.approx(where, abs=1e-6)


def test_a_tilt_to_the_left_shoulder_moves_the_crown_to_the_right_of_the_image():
    crown = rotation_of(np.array([[0, 0, 20]]))[0] @ [0, 1, 0]
    assert crown[0] > 0.3


@given(angle, angle, angle, st.floats(5, 500), st.floats(-300, 300))
@settings(max_examples=40)
def test_alignment_undoes_any_similarity(yaw, pitch, roll, scale, shift):
    template = solid(np.random.default_rng(0))
    landmarks = photographed(template, np.array([[yaw, pitch, roll]]), scale, shift)
    aligned = align(landmarks, template)
    assert aligned.points[0] == pytest.approx(template, abs=2e-3)
    assert aligned.scale[0] == pytest.approx(scale, rel=1e-3)
    assert angles_of(aligned.rotation)[0] == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_alignment_never_mirrors():
    template = solid(np.random.default_rng(1))
    mirrored = photographed(template * [-1, 1, 1], np.zeros((1, 3)))
    assert np.linalg.det(align(mirrored, template).rotation[0]) == pytest.approx(1, abs=1e-3)


def test_the_template_is_the_mean_face_looking_straight_ahead():
    rng = np.random.default_rng(2)
    template, angles = solid(rng), rng.uniform(-30, 30, (20, 3))
    assert template_of(photographed(template, angles), angles) == pytest.approx(template, abs=1e-3)


def test_a_face_half_as_large_is_twice_as_far():
    template = solid(np.random.default_rng(3))
    near, far = (align(photographed(template, np.zeros((1, 3)), scale), template) for scale in (80, 40))
    near_place, far_place = translation(near, 640, 480), translation(far, 640, 480)
    assert far_place[0, 2] == pytest.approx(2 * near_place[0, 2], rel=1e-3)
    assert near_place[0, 2] == pytest.approx(640 * 90 / 80, rel=1e-3)
    assert near_place[0, 0] < 0
    assert near_place[0, 1] < 0  # the face lies left of and above the middle
