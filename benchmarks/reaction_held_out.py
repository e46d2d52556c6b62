"""A trained listener on dyads of another studio: `python benchmarks/reaction_held_out.py [PACKED] [--split S] [--out]`.

PACKED may be the packed file of a clone in which nothing but `studio.seed` differs (`dvc repro pack@reaction` there):
its people are all new, so that `--split train` has several times the clips of the model's own test split, the default.
Prints FRCorr (higher is better) and FRDist of `models/reaction` beside the naive predictors, whose means are those of
the training reactions, and how often the model knows who listened to whom.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from _script import need, parser, report
from faceloom.metrics.reaction import baselines, evaluate
from faceloom.tasks.reaction.checkpoint import load
from faceloom.tasks.reaction.data import load as load_packed
from faceloom.tasks.reaction.evaluate import TASKS
from faceloom.tasks.reaction.generate import SAMPLES, heard, predict, silent, stranger
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.matching import matching

OWN = Path("data/packed/reaction.h5")


def table(packed: Path, split: str, trained_on: Path, folder: Path) -> str:
    """Scores of the model and of the naive predictors."""
    model, other = load(folder).ready(), load_packed(packed)
    # the other studio has codes of its own
    tokens = model.codebooks.encode(other.attributes.astype(np.float32))
    held_out = HeldOut.of(replace(other, tokens=tokens), split)
    usual = HeldOut.of(load_packed(trained_on)).usual
    rows: dict[str, Any] = {task: predict(model, held_out, task, heard) for task in TASKS}
    rows["online, hearing nobody"] = predict(model, held_out, "online", silent)
    rows["online, hearing a stranger"] = predict(model, held_out, "online", stranger)
    rows |= dict(baselines(held_out.real, held_out.speaker, usual[:, : held_out.frames], SAMPLES))
    lines = [
        f"{len(held_out)} clips, {held_out.appropriate.sum(axis=1).mean():.1f} appropriate reactions each.\n",
        "| reactions | FRCorr | FRDist |\n| --- | ---: | ---: |",
    ]
    for name, row in rows.items():
        score = evaluate(row, held_out.real, held_out.speaker, held_out.appropriate)
        lines.append(f"| {name} | {score['FRCorr']:.3f} | {score['FRDist']:.2f} |")
    found = matching(model, held_out)
    pairs = f"{found.pairs} real pairs, {found.other_pairs} strangers"
    return "\n".join([*lines, f"\nMatching: {found.accuracy:.3f}, single stretches {found.stretches:.3f} ({pairs})."])


def main() -> None:
    """Print a table."""
    arguments = parser(__doc__)
    arguments.add_argument("packed", nargs="?", type=Path, default=OWN)
    arguments.add_argument("--split", default="test")
    arguments.add_argument("--trained-on", type=Path, default=OWN)
    arguments.add_argument("--model", type=Path, default=Path("models/reaction"))
    chosen = arguments.parse_args()
    need(chosen.packed, chosen.trained_on, give="run `dvc repro pack@reaction`, or give a packed file")
    need(chosen.model, give="run `dvc repro train@reaction`, or give a model with --model")
    text = table(chosen.packed, chosen.split, chosen.trained_on, chosen.model)
    report("A listener on dyads of another studio", [text], out=chosen.out)


if __name__ == "__main__":
    main()
