"""Evaluate one trained task: `python stages/evaluate.py gesture`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from faceloom.stage import run
from faceloom.tasks import packed_file, task_name


def main() -> None:
    """Write metrics/<task>.json and, in metrics/<task>, the tables behind its plots."""
    task = task_name(sys.argv)
    evaluate = import_module(f"faceloom.tasks.{task}.evaluate").evaluate
    metrics = Path("metrics")
    evaluate(packed_file(task), Path("models") / task, metrics / f"{task}.json", metrics / task)


if __name__ == "__main__":
    run(main)
