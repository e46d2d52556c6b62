import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy_coefficients

from faceloom.coefficients.module import Settings

SMALL = Settings(hidden=16, layers=1, residual=False, learning_rate=0.02, batch_size=2, epochs=8, threads=1)


@pytest.fixture(autouse=True)
def _own_state(training_state):
    """Every test of this folder trains."""


@pytest.fixture
def small():
    return SMALL


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory):
    """Ten clips of 40 frames whose coefficients are a linear map of the attributes."""
    folder = tmp_path_factory.mktemp("toy")
    for k in range(10):
        toy_coefficients.write(folder, f"{k}", *toy_coefficients.clip(k))
    return folder


@pytest.fixture(scope="session")
def trained(toy_folder, tmp_path_factory):
    """A model of the toy clips, the data, and the model's folder."""
    from faceloom.coefficients.train import train

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_ROOT", str(tmp_path_factory.mktemp("project")))
        patch.setenv("FACELOOM_DEVICE", "cpu")
        out = tmp_path_factory.mktemp("model") / "coefficients"
        return *train(toy_folder, SMALL, out), out
