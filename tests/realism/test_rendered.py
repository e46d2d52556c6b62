"""From reactions to FRRea with a toy network in place of Inception."""

import numpy as np
import pytest
import torch
from torch import nn

from faceloom.errors import InputError
from faceloom.facs import AUS
from faceloom.metrics.reaction import baselines, frechet_distance
from faceloom.realism import extract, rendered
from faceloom.realism.extract import Extractor
from faceloom.realism.heads import Head, poses
from faceloom.realism.inception import SIDE
from faceloom.realism.rendered import Rendering
from faceloom.report import panels

CLIPS, SAMPLES, FRAMES, STRIDE = 3, 2, 23, 5


class Colours(nn.Module):
    """Red, green and blue of the picture's quarters."""

    def forward(self, pictures):
        return nn.functional.adaptive_avg_pool2d(pictures, 2).flatten(1)


class Painter:
    """Pictures (n, 4, 4, 3) that differ with the pose; counts them."""

    def __init__(self):
        self.drawn = []

    def __call__(self, shown):
        self.drawn.append(len(shown))
        mixed = np.abs(np.sin(shown @ np.random.default_rng(0).normal(size=(shown.shape[1], 48))))
        return (255 * mixed).astype(np.uint8).reshape(-1, 4, 4, 3)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    real, speaker, train = (rng.random((3, CLIPS, FRAMES, 25)) > 0.7).astype(np.float32)
    return real, baselines(real, speaker, train, SAMPLES) | {"mine": rng.random((CLIPS, SAMPLES, FRAMES, 25))}


def frames(sequences):
    """Features (n, 12) of all rendered frames, one after the other."""
    shown = np.concatenate([poses(sequence, STRIDE) for sequence in sequences])
    pictures = torch.from_numpy(Painter()(shown)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return Colours()(pictures).numpy()


def test_each_row_is_compared_with_the_real_frames(arrays, monkeypatch):
    monkeypatch.setattr(rendered, "WINDOW", 2)
    monkeypatch.setattr(extract, "BATCH", 3)
    real, rows = arrays
    seen = []
    rendering = Rendering(Extractor(Painter(), Colours()), STRIDE)
    found = rendering.distances(rows, real, lambda: seen.append(1))
    assert list(found) == list(rows)
    assert found["ground truth"] == pytest.approx(0, abs=1e-12)
    for name in ("mine", "random"):
        assert found[name] == pytest.approx(
            frechet_distance(frames(rows[name][:].reshape(-1, FRAMES, 25)), frames(real))
        )
    assert found["mime"] == pytest.approx(frechet_distance(frames(rows["mime"][:][:, 0]), frames(real)), rel=1e-5)
    assert found["mean frame"] > 0.001
    assert len(seen) == rendering.frames(rows, real)


def test_every_strideth_frame_from_the_first_is_shown():
    attributes = (np.random.default_rng(1).random((FRAMES, 25)) > 0.5).astype(np.float32)
    np.testing.assert_array_equal(poses(attributes, STRIDE), panels.intensities(attributes)[[0, 5, 10, 15, 20]])
    assert len(poses(attributes, 100)) == 1


def test_a_pose_is_rendered_once(monkeypatch):
    painter = Painter()
    extractor = Extractor(painter, Colours())
    first = extractor(np.array([[1.0, 2], [3, 4], [1, 2]]))
    assert painter.drawn == [2]
    np.testing.assert_array_equal(first[0], first[2])
    np.testing.assert_array_equal(extractor(np.array([[3.0, 4]])), first[1:2])
    assert painter.drawn == [2]
    monkeypatch.setattr(extract, "KEPT", 1)
    extractor(np.array([[5.0, 6]]))
    assert len(extractor.known) == 1  # memory is bounded: the oldest went
    extractor(np.array([[1.0, 2]]))
    assert painter.drawn == [2, 1, 1]


def test_one_frame_has_no_covariance(arrays):
    real, rows = arrays
    with pytest.raises(InputError, match="lower --frame-stride"):
        Rendering(Extractor(Painter(), Colours()), FRAMES).distances(rows, real[:1], list)


def test_the_head_shows_what_the_attributes_say():
    shown = np.zeros((2, len(AUS)))
    shown[1, AUS.index("AU26")] = panels.PRESENT
    at_rest, open_mouth = Head().draw(shown)
    assert at_rest.shape == (SIDE, SIDE, 3)
    changed = np.abs(at_rest.astype(int) - open_mouth).max(axis=2) > 20
    assert changed[SIDE // 2 :].any()
    assert not changed[: SIDE // 3].any()  # the jaw drops, the forehead does not
