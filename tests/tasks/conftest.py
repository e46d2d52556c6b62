"""What tests of several tasks share: a run that is killed, and a process that lacks packages."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest
from lightning.pytorch.callbacks import Callback

from faceloom.tasks.trainer import run


class Stop(Callback):
    """A kill in the middle of the second epoch."""

    def __init__(self, step):
        self.step = step

    def on_train_batch_end(self, running, *_):
        if running.current_epoch == 1 and running.global_step == self.step:
            raise KeyError("killed")


@pytest.fixture
def killed(monkeypatch):
    """Training inside `with killed(step)` ends there; that step is to lie in the second epoch."""

    @contextmanager
    def killed(step):
        with monkeypatch.context() as patch:
            patch.setattr(run, "_stopping", lambda *_: Stop(step))
            with pytest.raises(KeyError, match="killed"):
                yield

    return killed


GUARD = """
import builtins
original = builtins.__import__
def guarded(name, globals=None, *args, **kwargs):
    if (globals or {{}}).get("__name__", "").startswith("faceloom") and name.split(".")[0] in {packages}:
        raise ImportError(name)
    return original(name, globals, *args, **kwargs)
builtins.__import__ = guarded
"""


@pytest.fixture
def run_without(tmp_path):
    """Run a script in `tmp_path`, in a process where the project can import none of some packages; its output."""

    def run_without(packages, script):
        done = subprocess.run(
            [sys.executable, "-c", GUARD.format(packages=packages) + script],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run_without
