import pytest
import torch
from toy_pictures import pack_classes, pack_points

from faceloom import params

SMALL = {"epochs": 3, "patience": 9, "batch_size": 8}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("FACELOOM_DEVICE", "cpu")
    monkeypatch.setattr("faceloom.tasks.pictures.fitting.THREADS", 1)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def classes_file(tmp_path_factory):
    return pack_classes(tmp_path_factory.mktemp("packed") / "emotion_cnn.h5")


@pytest.fixture(scope="session")
def points_file(tmp_path_factory):
    return pack_points(tmp_path_factory.mktemp("packed") / "keypoints.h5")


@pytest.fixture
def class_section():
    return params.Train().emotion_cnn.model_dump() | SMALL | {"width": 2, "learning_rate": 3e-3}


@pytest.fixture
def point_section():
    return params.Train().keypoints.model_dump() | SMALL | {"width": 2}
