"""A trained listener on dyads of another studio: `python benchmarks/reaction_held_out.py [PACKED] [--split S] [--out]`.

PACKED may be the packed file of a clone in which nothing but `studio.seed` differs (`dvc repro pack@reaction` there):
its people are all new, so that `--split train` has several times the clips of the model's own test split, the default.
Prints FRCorr (higher is better) and FRDist of `models/reaction` beside the naive predictors, whose means are those of
the training reactions.
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from faceloom.metrics.reaction import baselines, evaluate
from faceloom.tasks.reaction.checkpoint import load
from faceloom.tasks.reaction.data import load as load_packed
from faceloom.tasks.reaction.evaluate import TASKS, ready
from faceloom.tasks.reaction.generate import SAMPLES, heard, predict, silent
from faceloom.tasks.reaction.held_out import HeldOut

OWN = Path("data/packed/reaction.h5")
RESULTS = Path(__file__).parent / "results"


def table(packed: Path, split: str, trained_on: Path, folder: Path) -> str:
    """Scores of the model and of the naive predictors."""
    model, held_out = ready(load(folder)), HeldOut.of(load_packed(packed), split)
    usual = HeldOut.of(load_packed(trained_on)).usual
    rows: dict[str, Any] = {task: predict(model, held_out, task, heard) for task in TASKS}
    rows["online, hearing nobody"] = predict(model, held_out, "online", silent)
    rows |= dict(baselines(held_out.real, held_out.speaker, usual[:, : held_out.frames], SAMPLES))
    lines = [
        f"{len(held_out)} clips, {held_out.appropriate.sum(axis=1).mean():.1f} appropriate reactions each.\n",
        "| reactions | FRCorr | FRDist |\n| --- | ---: | ---: |",
    ]
    for name, row in rows.items():
        score = evaluate(row, held_out.real, held_out.speaker, held_out.appropriate)
        lines.append(f"| {name} | {score['FRCorr']:.3f} | {score['FRDist']:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("packed", nargs="?", type=Path, default=OWN)
    parser.add_argument("--split", default="test")
    parser.add_argument("--trained-on", type=Path, default=OWN)
    parser.add_argument("--model", type=Path, default=Path("models/reaction"))
    parser.add_argument("--out", nargs="?", type=Path, const=RESULTS / f"{date.today()}-reaction-held-out.md")
    chosen = parser.parse_args()
    text = table(chosen.packed, chosen.split, chosen.trained_on, chosen.model)
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
