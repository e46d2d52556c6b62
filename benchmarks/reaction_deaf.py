"""A listener trained without any speaker, beside the one of the DAG: `python benchmarks/reaction_deaf.py [--out]`.

`metrics/reaction.json` has the trained network when it hears nobody. This trains another one, by the same params, from
a copy of the packed file in which every feature of every speaker is missing: what can be had of FRCorr and FRDist by
knowing how people listen, but not to whom. Takes as long as `dvc repro train@reaction`.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np

from _script import need, parser, report
from faceloom import params
from faceloom.metrics.reaction import evaluate
from faceloom.tasks.reaction.checkpoint import load
from faceloom.tasks.reaction.data import load as load_packed
from faceloom.tasks.reaction.generate import heard, predict
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.train import train

PACKED = Path("data/packed/reaction.h5")
MODEL = Path("models/reaction")


def deafened(packed: Path, folder: Path) -> Path:
    """A copy of a packed file without anything of the speakers."""
    copy = Path(shutil.copy(packed, folder))
    with h5py.File(copy, "r+") as file:
        for dataset in (*file["features"].values(), *file["clip_features"].values()):
            dataset[...] = np.nan
        file["is_face"][...] = True
    return copy


def row(name: str, packed: Path, folder: Path) -> str:
    """Scores of a model's online reactions to the test speakers of a packed file."""
    model, held_out = load(folder).ready(), HeldOut.of(load_packed(packed))
    made = predict(model, held_out, "online", heard)
    score = evaluate(made, held_out.real, held_out.speaker, held_out.appropriate)
    return f"| {name} | {score['FRCorr']:.3f} | {score['FRDist']:.2f} |"


def main() -> None:
    """Print a table."""
    chosen = parser(__doc__).parse_args()
    need(PACKED, MODEL, give="run `dvc repro train@reaction`")
    with tempfile.TemporaryDirectory() as folder:
        deaf = deafened(PACKED, Path(folder))
        train(deaf, params.load().train.reaction.model_dump(), Path(folder) / "model")
        rows = [row("online", PACKED, MODEL), row("online, trained without a speaker", deaf, Path(folder) / "model")]
    table = "| reactions | FRCorr | FRDist |\n| --- | ---: | ---: |\n" + "\n".join(rows)
    report("A listener without a speaker", [table], out=chosen.out)


if __name__ == "__main__":
    main()
