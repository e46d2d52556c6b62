import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _own_state(training_state):
    """Every test of this folder trains."""


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    import toy_packed

    return toy_packed.pack(tmp_path_factory.mktemp("packed") / "reaction.h5")
