import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from faceloom.features.landmarks import KEYPOINTS15
from faceloom.stills.augment import Augmentation, augment, draw, warp
from faceloom.stills.points import KEYPOINTS, MIRRORED

NOTHING = Augmentation(0, 0, 0, 0, horizontal_flip=False, vertical_flip=False, brightness=0)
SIDE = 48


def dots(points):
    """A picture per point of each face: a soft dot where it lies."""
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    grid = torch.stack([x, y], dim=-1).float()
    return torch.exp(-((grid - points[:, None, None]) ** 2).sum(-1) / 8)[:, None]


def centre(images):
    """Where the dots lie: their centre of gravity."""
    weight = images[:, 0] / images[:, 0].sum((1, 2), keepdim=True)
    at = torch.arange(SIDE).float()
    return torch.stack([(weight.sum(1) * at).sum(1), (weight.sum(2) * at).sum(1)], dim=1)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.booleans(), st.booleans())
def test_a_point_moves_with_its_pixel(seed, horizontal, vertical):
    torch.manual_seed(seed)
    change_all = Augmentation(fill="black", shift=0.05)
    spots = 16 + 16 * torch.rand(8, 2)
    change = draw(8, SIDE, change_all, torch.device("cpu"))
    flips = torch.tensor([[horizontal, vertical]]).repeat(8, 1)
    moved, points = warp(dots(spots), spots[:, None].repeat(1, 15, 1), change, flips, change_all)
    torch.testing.assert_close(points[:, 0], centre(moved), atol=0.1, rtol=0)


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_two_mirrors_are_none(seed):
    torch.manual_seed(seed)
    images, points = torch.rand(2, 1, 9, 9), 9 * torch.rand(2, 15, 2)
    change, flips = draw(2, 9, NOTHING, torch.device("cpu")), torch.tensor([[True, False], [False, True]])
    once = warp(images, points, change, flips, NOTHING)
    twice = warp(*once, change, flips, NOTHING)
    assert torch.equal(twice[0], images)
    torch.testing.assert_close(twice[1], points)
    assert not torch.equal(once[0], images)


def test_the_resampler_mirrors_exactly_like_the_copy():
    images, flips = torch.rand(2, 1, 9, 9), torch.tensor([[True, False], [True, True]])
    still = draw(2, 9, NOTHING, torch.device("cpu"))
    resampled, _ = warp(images, None, still, flips, Augmentation())
    torch.testing.assert_close(resampled, warp(images, None, still, flips, NOTHING)[0], atol=1e-5, rtol=0)


def test_left_becomes_right_in_a_mirror():
    points = torch.arange(30.0).view(1, 15, 2)
    still = draw(1, 96, NOTHING, torch.device("cpu"))
    _, moved = warp(torch.zeros(1, 1, 96, 96), points, still, torch.tensor([[True, False]]), NOTHING)
    assert tuple(KEYPOINTS15) == KEYPOINTS
    left, right = KEYPOINTS.index("mouth_left_corner"), KEYPOINTS.index("mouth_right_corner")
    assert moved[0, left].tolist() == [95 - points[0, right, 0], points[0, right, 1]]
    nose = KEYPOINTS.index("nose_tip")
    assert MIRRORED[nose] == nose
    assert sorted(MIRRORED) == list(range(15))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_all_together(dtype):
    images, points = torch.rand(32, 1, 24, 24).to(dtype), 24 * torch.rand(32, 15, 2)
    points[3, 4] = torch.nan
    torch.manual_seed(1)
    changed, moved = augment(images, Augmentation(vertical_flip=True), points)
    assert changed.dtype == dtype
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() <= 1
    assert not torch.allclose(changed, images)
    assert moved.isnan().sum() == 2
    torch.manual_seed(1)
    again, _ = augment(images, Augmentation(vertical_flip=True), points)
    assert torch.equal(again, changed)


@pytest.mark.parametrize(
    "only", [{"rotation": 15}, {"shift": 0.1}, {"shear": 0.1}, {"zoom": 0.1}, {"horizontal_flip": True}]
)
def test_each_change_alone(only):
    torch.manual_seed(0)
    images, points = torch.rand(64, 1, 16, 16), 16 * torch.rand(64, 15, 2)
    changed, moved = augment(images, Augmentation(**{**vars(NOTHING), **only}), points)
    assert not torch.allclose(changed, images)
    assert not torch.allclose(moved, points)
    nothing, same = augment(images, NOTHING, points)
    assert torch.equal(nothing, images)
    assert torch.equal(same, points)


def test_brightness_moves_no_point():
    torch.manual_seed(0)
    images, points = torch.full((64, 1, 4, 4), 0.5), torch.rand(64, 15, 2)
    changed, moved = augment(images, Augmentation(**{**vars(NOTHING), "brightness": 0.2}), points)
    assert 0.4 <= changed.min() < 0.45
    assert 0.55 < changed.max() <= 0.6
    assert moved is points


def test_edges_are_filled():
    images = torch.full((16, 1, 16, 16), 0.7)
    shifted = {**vars(NOTHING), "shift": 0.3}
    assert augment(images, Augmentation(**shifted))[0].min() > 0.69
    assert augment(images, Augmentation(**{**shifted, "fill": "black"}))[0].min() == 0


def test_rotation_stays_within_its_limit():
    change = draw(500, 96, Augmentation(zoom=0, shear=0), torch.device("cpu"))
    angle = torch.atan2(change[:, 1, 0], change[:, 0, 0]).rad2deg()
    assert 14 < angle.abs().max() <= 15.01
    assert change[:, :, 2].abs().max() <= 9.6
