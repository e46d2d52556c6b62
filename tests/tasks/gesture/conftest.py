import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import toy_gesture

SMALL = {"hidden": 16, "embedding": 8, "batch_size": 4, "epochs": 3, "patience": 3}


@pytest.fixture(autouse=True)
def _own_state(training_state):
    """Every test of this folder trains."""


@pytest.fixture
def small():
    return dict(SMALL)


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    return toy_gesture.pack(tmp_path_factory.mktemp("packed") / "gesture.h5")
