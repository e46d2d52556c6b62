from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fabricate import fabricate
from fabricate_models import fabricate_models

from faceloom.params import Params
from faceloom.report import build


@pytest.fixture(scope="session", autouse=True)
def _one_process() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACELOOM_EXECUTOR", "serial")  # a new process costs more than these tiny films
        yield


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up project with every out; tests only read it."""
    root = fabricate(tmp_path_factory.mktemp("project"))
    fabricate_models(root)
    return root


@pytest.fixture(scope="session")
def page(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its report."""
    return build(project, tmp_path_factory.mktemp("report"), short())


def short() -> Params:
    return Params.model_validate({"report": {"clips": 2, "seconds": 0.8}})
