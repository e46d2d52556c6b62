"""Second stage of a task's training, and its scores: `python stages/finetune.py reaction`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from faceloom import params
from faceloom.stage import run
from faceloom.tasks import FINETUNED, packed_file, task_name


def main() -> None:
    """Write models/<task>_finetuned, metrics/<task>_finetuned.json and, in metrics/<task>_finetuned, its tables."""
    task, p = task_name(sys.argv, FINETUNED), params.load()
    start = Path("models") / task
    section = getattr(p.train, task).model_dump() | getattr(p.finetune, task).model_dump()
    section |= {"stage": "finetune", "start": start.as_posix(), "matching_first": None}
    out = start.with_name(f"{task}_finetuned")
    import_module(f"faceloom.tasks.{task}.train").train(packed_file(task), section, out)
    metrics = Path("metrics") / out.name
    import_module(f"faceloom.tasks.{task}.evaluate").evaluate(
        packed_file(task), out, metrics.with_suffix(".json"), metrics
    )


if __name__ == "__main__":
    run(main)
