"""Evaluate a finetuned task: `python stages/evaluate_finetuned.py reaction`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from faceloom.stage import run
from faceloom.tasks import FINETUNED, packed_file, task_name


def main() -> None:
    """Write metrics/<task>_finetuned.json and, in metrics/<task>_finetuned, the tables behind its plots."""
    task = task_name(sys.argv, FINETUNED)
    evaluate = import_module(f"faceloom.tasks.{task}.evaluate").evaluate
    name, metrics = f"{task}_finetuned", Path("metrics")
    evaluate(packed_file(task), Path("models") / name, metrics / f"{name}.json", metrics / name)


if __name__ == "__main__":
    run(main)
