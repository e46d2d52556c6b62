"""One built project for all tests of the whole DAG."""

import fcntl
import os
import shutil
from dataclasses import dataclass

import pytest
from project import Project


@dataclass(frozen=True)
class Built:
    """A project after its first repro, what that printed, and the hashes of its outs; tests change copies of it."""

    project: Project
    output: str
    lock: dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The tiny project; processes of one test run share it: the first that asks builds it, others wait."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "printed").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "project").mkdir(parents=True)
            (folder / "printed").write_text(Project.create(folder / "project").repro())
    project = Project(folder / "project")
    return Built(project, (folder / "printed").read_text(), project.lock())


@pytest.fixture
def copied(built, tmp_path):
    """A copy of the built project, to change."""
    return built.project.copy(tmp_path / "project")
