"""Pictures and models for the tests of prediction."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage import data

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def portrait():
    """A photograph (300, 320, 3) with one face."""
    return np.ascontiguousarray(data.astronaut()[:300, 80:400])


@pytest.fixture(scope="session")
def models(tmp_path_factory, portrait):
    from toy_models import write

    folder = tmp_path_factory.mktemp("models")
    write(folder, cv2.resize(portrait[45:155, 90:200], (128, 128), interpolation=cv2.INTER_CUBIC))
    return folder
