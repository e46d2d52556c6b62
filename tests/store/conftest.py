"""An empty recordings folder, files to put into it, and its catalog."""

import pytest

from faceloom.store import Runtime
from faceloom.store.catalog import build

SERIAL = Runtime("serial", 1, "cpu", 8, None)


class Recordings:
    def __init__(self, root):
        self.root = root

    def put(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def table(self, layout="auto", runtime=SERIAL):
        return build(self.root, layout, 0.15, 0.15, runtime)

    def rows(self, layout="auto"):
        return {row["clip"]: row for row in self.table(layout).to_pylist()}


@pytest.fixture
def recordings(tmp_path):
    (tmp_path / "recordings").mkdir()
    return Recordings(tmp_path / "recordings")


@pytest.fixture
def real(shared):
    """Catalogs of the real folders."""
    return lambda folder: Recordings(shared / folder).rows()
