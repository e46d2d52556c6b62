import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path):
    """Checkpoints of these tests lie in their own folder; one thread, for other tests run beside."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("FACELOOM_DEVICE", "cpu")
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    import toy_packed

    return toy_packed.pack(tmp_path_factory.mktemp("packed") / "reaction.h5")
