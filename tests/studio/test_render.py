import numpy as np
import pytest

from faceloom.facs import AUS
from faceloom.studio.head import load_head
from faceloom.studio.identity import Identity, sample_identity
from faceloom.studio.render import render
from faceloom.studio.scene import sample_background, sample_light
from faceloom.studio.units import UNITS, units_from_aus, weights

REST = np.zeros(52, np.float32)


def showing(au: str) -> np.ndarray:
    aus = np.zeros(17)
    aus[AUS.index(au)] = 5
    return units_from_aus(aus)


def test_the_head_has_what_the_labels_name() -> None:
    head = load_head()
    assert head.unit_names == UNITS
    assert len(head.vertices) > 4000
    assert head.triangles.max() < len(head.vertices)
    assert head.openness.min() >= 0
    assert head.openness.max() <= 1.001
    assert any("nose-width" in name for name in head.target_names)


def test_equal_arguments_give_equal_pictures_and_another_seed_another_person(identity: Identity) -> None:
    again = sample_identity(np.random.default_rng(3))
    other = sample_identity(np.random.default_rng(4))
    picture = render(identity, REST, size=96).image
    assert np.array_equal(picture, render(again, REST, size=96).image)
    assert not np.array_equal(picture, render(other, REST, size=96).image)


def test_a_face_fills_the_middle_and_its_landmarks_lie_on_it(identity: Identity) -> None:
    seen = render(identity, REST)
    assert seen.image.shape == (256, 256, 3)
    assert seen.image.dtype == np.uint8
    assert seen.face[128, 128]
    assert 0.1 < seen.face.mean() < 0.6
    points = seen.landmarks68
    assert ((points > 0) & (points < 255)).all()
    assert seen.visible68[17:].mean() > 0.95
    assert seen.visible68.mean() > 0.9
    assert points[0, 0] < points[36, 0] < points[39, 0] < points[27, 0] < points[42, 0] < points[45, 0] < points[16, 0]
    assert points[19, 1] < points[37, 1] < points[41, 1] < points[30, 1] < points[51, 1] < points[57, 1] < points[8, 1]
    inner = np.rint(points[27:]).astype(int)
    assert seen.face[inner[:, 1], inner[:, 0]].mean() > 0.8  # nostrils and closed lips are no skin


def test_the_eyes_are_as_far_apart_as_asked(identity: Identity) -> None:
    for share in (0.2, 0.3):
        points = render(identity, REST, eye_distance=share).keypoints15
        assert abs(np.linalg.norm(points[0] - points[1]) / 256 - share) < 0.03


def test_keypoints_are_points_of_the_68_and_the_pupils(identity: Identity) -> None:
    seen = render(identity, REST)
    left, right = seen.keypoints15[:2]
    assert seen.landmarks68[42, 0] < left[0] < seen.landmarks68[45, 0]
    assert seen.landmarks68[36, 0] < right[0] < seen.landmarks68[39, 0]
    np.testing.assert_array_equal(seen.keypoints15[10], seen.landmarks68[30])
    np.testing.assert_array_equal(seen.keypoints15[11:13], seen.landmarks68[[54, 48]])


@pytest.mark.parametrize(
    ("au", "points", "axis", "sign"),
    [
        ("AU01", (21, 22), 1, -1),
        ("AU02", (17, 18, 25, 26), 1, -1),
        ("AU04", (20, 21, 22, 23), 1, 1),
        ("AU05", (37, 38, 43, 44), 1, -1),
        ("AU07", (40, 41, 46, 47), 1, -1),
        ("AU10", (50, 51, 52), 1, -1),
        ("AU12", (48, 54), 1, -1),
        ("AU15", (48, 54), 1, 1),
        ("AU17", (57,), 1, -1),
        ("AU20", (54,), 0, 1),
        ("AU26", (8, 57, 66), 1, 1),
        ("AU45", (37, 38, 43, 44), 1, 1),
    ],
)
def test_action_units_move_their_landmarks(
    identity: Identity, au: str, points: tuple[int, ...], axis: int, sign: int
) -> None:
    moved = render(identity, showing(au)).landmarks68 - render(identity, REST).landmarks68
    assert (sign * moved[list(points), axis]).min() > 0.4


def test_head_directions_have_the_contracts_signs(identity: Identity) -> None:
    def nose(**direction: float) -> np.ndarray:
        points = render(identity, REST, **direction).landmarks68
        return points[30] - points[36:48].mean(0)

    assert nose(yaw=20)[0] > nose()[0] + 5
    assert nose(pitch=15)[1] < nose()[1] - 3
    tilted = render(identity, REST, roll=15).landmarks68
    assert tilted[45, 1] > tilted[36, 1] + 5


def test_a_turned_face_hides_its_far_side(identity: Identity) -> None:
    visible = render(identity, REST, yaw=40).visible68
    assert visible[:8].mean() > visible[9:17].mean()


def test_gaze_moves_the_pupils_and_only_them(identity: Identity) -> None:
    ahead, aside = render(identity, REST), render(identity, REST, gaze=(20, 0))
    assert (aside.keypoints15[:2, 0] > ahead.keypoints15[:2, 0] + 1).all()
    assert np.abs(aside.landmarks68[48:] - ahead.landmarks68[48:]).max() < 0.5


def test_the_head_moves_on_its_neck_when_the_camera_does_not_follow(identity: Identity) -> None:
    still = render(identity, REST, yaw=25, follow=True)
    free = render(identity, REST, yaw=25, follow=False)
    rest = render(identity, REST, follow=False)
    np.testing.assert_allclose(still.translation[:2], 0, atol=1e-3)
    assert free.translation[0] > rest.translation[0] + 5
    assert 300 < rest.translation[2] < 900


def test_lights_and_backgrounds_change_the_picture_and_not_the_points(identity: Identity) -> None:
    rng = np.random.default_rng(0)
    plain = render(identity, REST, size=96)
    lit = render(identity, REST, size=96, light=sample_light(rng), background=sample_background(rng, 96))
    assert not np.array_equal(plain.image, lit.image)
    np.testing.assert_array_equal(plain.landmarks68, lit.landmarks68)


def test_closed_eyes_hide_the_pupil(identity: Identity) -> None:
    seen, closed = render(identity, REST, size=384), render(identity, weights(eyeBlink=1), size=384)
    x, y = np.rint(seen.keypoints15[0]).astype(int)
    assert seen.image[y - 2 : y + 3, x - 2 : x + 3].mean() < 0.6 * closed.image[y - 2 : y + 3, x - 2 : x + 3].mean()
