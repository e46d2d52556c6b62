"""What tests of several parts share."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
settings.register_profile("busy", deadline=None)  # machines are shared: a slow example is not a failure
settings.load_profile("busy")
os.environ["DVC_ROOT"] = ""  # a test must never write into the project's own cache
for part in ("store", "pipeline"):
    sys.path.insert(0, str(Path(__file__).parent / part))


def pytest_collection_modifyitems(items):
    """The longest first: processes that share the tests then end at about the same time."""
    items.sort(key=lambda item: not item.path.name.startswith("test_repro"))


@pytest.fixture(autouse=True)
def _from_the_root(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.fixture
def shared():
    """Real data beside the project; tests that use it skip where it is absent."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared")
    return folder


@pytest.fixture
def training_state(monkeypatch, tmp_path):
    """Checkpoints lie in the test's own folder; one thread, for other tests run beside."""
    import torch  # most tests do without

    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "project"))
    monkeypatch.setenv("FACELOOM_DEVICE", "cpu")
    torch.set_num_threads(1)
