import h5py
import numpy as np
import pytest

from faceloom.tasks.reaction.stretches import Stream, opened_file

ROWS = np.arange(20, dtype=np.float16)[:, None]


@pytest.fixture
def path(tmp_path):
    """Two clips of ten rows, a row for each frame and one for every fourth."""
    with h5py.File(tmp_path / "packed.h5", "w") as file:
        for name, hop in (("each", 1), ("fourth", 4)):
            dataset = file.create_dataset(f"features/{name}", data=ROWS)
            dataset.attrs["hop"], dataset.attrs["starts"] = hop, np.array([0, 10])
        file["clip_features/vector"] = ROWS[:2]
    return tmp_path / "packed.h5"


def test_streams_and_vectors_by_name(path):
    opened = opened_file(path)
    assert sorted(opened.streams) == ["each", "fourth"]
    assert opened.vectors["vector"][1] == ROWS[1]
    assert opened_file(path) is opened


@pytest.mark.parametrize(("name", "expected"), [("each", [13, 14, 15]), ("fourth", [10, 11, 11])])
def test_frames_of_the_second_clip(path, name, expected):
    stream: Stream = opened_file(path).streams[name]
    assert stream.stretch(1, 3, 6)[:, 0].tolist() == expected
