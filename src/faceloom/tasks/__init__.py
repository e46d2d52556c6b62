"""One folder per model family."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from faceloom.errors import InputError

TASKS: Final = ("action_units", "gesture", "keypoints", "expression", "emotion_cnn", "reaction")
"""Each is a package with `train.train` and `evaluate.evaluate`."""


FINETUNED: Final = ("reaction",)
"""Those with a second stage of training."""


def task_name(argv: Sequence[str], tasks: Collection[str] = TASKS) -> str:
    """The task that a stage was called with; raises InputError for none or an unknown one."""
    name = argv[1] if len(argv) == 2 else "nothing"
    if name not in tasks:
        raise InputError(f"{argv[0]}: `{name}` is no task; use one of {', '.join(tasks)}.")
    return name


def packed_file(task: str) -> Path:
    """Where pack writes a task's data, relative to the project."""
    return Path("data/packed") / f"{task}.h5"
