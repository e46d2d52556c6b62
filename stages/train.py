"""Train one task from its packed file: `python stages/train.py gesture`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from faceloom import params
from faceloom.stage import run
from faceloom.tasks import packed_file, task_name


def main() -> None:
    """Write models/<task>."""
    task = task_name(sys.argv)
    section = getattr(params.load().train, task).model_dump()
    import_module(f"faceloom.tasks.{task}.train").train(packed_file(task), section, Path("models") / task)


if __name__ == "__main__":
    run(main)
