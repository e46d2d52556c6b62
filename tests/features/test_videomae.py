"""A tiny VideoMAE of random weights, as transformers saves it."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.errors import InputError
from faceloom.features.videomae import extractor, prepare, stretch
from faceloom.media.write import MediaWriter
from faceloom.params import Pose
from faceloom.store import Clip


@given(st.integers(1, 16), st.integers(1, 8).map(lambda n: 2 * n))
def test_stretch_is_even_and_in_order(count, frames):
    index = stretch(count, frames)
    assert len(index) == frames
    assert (np.diff(index) >= 0).all()
    assert index[0] == 0
    if count <= frames:
        shown = np.bincount(index, minlength=count)
        assert shown.max() - shown.min() <= 1


def test_five_frames_fill_the_published_sixteen():
    assert np.bincount(stretch(5, 16)).tolist() == [4, 3, 3, 3, 3]


def test_prepare_takes_the_central_square():
    picture = np.zeros((60, 100, 3), np.uint8)
    picture[:, 20:80] = 255
    ready = prepare(picture, 30)
    assert ready.shape == (3, 30, 30)
    assert ready.min() > 2  # white everywhere


def test_nothing_named_means_nothing_to_run():
    assert extractor(Pose()) is None


def test_an_absent_folder_says_what_to_bring():
    with pytest.raises(InputError, match=r"`pose.videomae` names it; bring a folder with config.json"):
        extractor(Pose(videomae="nowhere"))


@pytest.fixture
def folder(tmp_path):
    """32 pixels, 4 frames, 8 channels."""
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(0)
    config = transformers.VideoMAEConfig(
        image_size=32,
        num_frames=4,
        hidden_size=8,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        initializer_range=0.5,
    )
    transformers.VideoMAEModel(config).save_pretrained(tmp_path / "weights")
    return tmp_path / "weights"


def test_windows_of_a_clip(folder, tmp_path):
    video = tmp_path / "media.mkv"
    with MediaWriter(video, (48, 40)) as writer:
        for value in range(12):
            writer.write_rgb(np.full((40, 48, 3), 20 * value, np.uint8))
    made = extractor(Pose(videomae=str(folder)))
    made.setup("cpu")
    made(Clip("a.mp4", "0", 12, tmp_path, {"has_video": True}, {"decoded": video}), tmp_path)
    table = pq.read_table(tmp_path / "table.parquet")
    assert table["frame"].to_pylist() == [0, 5, 10]
    assert table["frames"].to_pylist() == [5, 5, 2]
    features = np.array(table["features"].to_pylist(), np.float32)
    assert features.shape == (3, 8)
    assert np.isfinite(features).all()
    assert not np.array_equal(features[0], features[1])


def test_a_clip_without_video_has_no_windows(folder, tmp_path):
    made = extractor(Pose(videomae=str(folder)))
    made.setup("cpu")
    made(Clip("a.wav", "0", 12, tmp_path, {"has_video": False}), tmp_path)
    assert len(pq.read_table(tmp_path / "table.parquet")) == 0


def test_a_broken_folder_is_named(folder):
    made = extractor(Pose(videomae=str(folder)))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(InputError, match=r"tensor .* is missing"):
        made.setup("cpu")
    (folder / "model.safetensors").write_bytes(b"text")
    with pytest.raises(InputError, match="cannot be loaded"):
        made.setup("cpu")
