"""The map from attributes to coefficients on the studio's truth, in the challenge's layout and in place of its files.

`dvc repro catalog && python benchmarks/reaction_coefficients.py [--published] [--rate 1e-3] [--out]`. The 52 face units
stand for the 52 expression coefficients, yaw, pitch and roll (degrees) for the rotation, tx, ty and tz for the
translation. The 25 attributes do not say where a head is: only what goes along with a face or with time can be learnt
of its pose.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from _script import need, parser, report
from faceloom.coefficients.module import Settings
from faceloom.coefficients.train import train
from faceloom.facs import REACT_ATTRIBUTES
from faceloom.tasks.reaction.attributes import face, presence

POSE = ("yaw", "pitch", "roll", "tx", "ty", "tz")


def main() -> None:
    """Print errors."""
    arguments = parser(__doc__)
    arguments.add_argument("--recordings", type=Path, default=Path("data/recordings"))
    arguments.add_argument("--catalog", type=Path, default=Path("data/catalog.parquet"))
    arguments.add_argument("--rate", type=float, default=Settings.learning_rate)
    arguments.add_argument("--batch", type=int, default=Settings.batch_size)
    arguments.add_argument("--epochs", type=int, default=Settings.epochs)
    arguments.add_argument("--threads", type=int, default=Settings.threads)
    arguments.add_argument("--published", action="store_true", help="without the linear map")
    args = arguments.parse_args()
    need(args.recordings, args.catalog, give="run `dvc repro catalog` first")
    report("The map from attributes to coefficients", measured(args), out=args.out)


def measured(args: argparse.Namespace) -> Iterator[str]:
    """Write the data and train."""
    settings = Settings(
        residual=not args.published,
        learning_rate=args.rate,
        batch_size=args.batch,
        epochs=args.epochs,
        threads=args.threads,
    )
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        for row in pq.read_table(args.catalog).to_pylist():
            if row["truth"]:
                write(args.recordings / row["truth"], data / row["split"], row)
        start = time.process_time()
        model, _ = train(data, settings, Path(folder) / "model")
        history = pd.read_csv(Path(folder) / "model" / "history.csv")
    yield f"{len(history)} epochs, {time.process_time() - start:.0f} s of processor time.\n"
    yield history.iloc[[0, history["val_loss"].idxmin(), -1]].to_markdown(index=False) + "\n"
    yield pd.DataFrame(model.scores).T.round(4).to_markdown()


def write(truth: Path, split: Path, row: dict[str, str]) -> None:
    """One clip as the challenge has it."""
    table = pq.read_table(truth)
    attributes = presence(face(table), 1.0)
    units = np.stack(table["units"].to_numpy())
    pose = np.stack([table[name].to_numpy() for name in POSE], axis=1)
    name = Path("studio", row["session"], row["role"], "1")
    for kind in ("Emotion", "3D_FV_files"):
        (split / kind / name.parent).mkdir(parents=True)
    pd.DataFrame(attributes, columns=list(REACT_ATTRIBUTES)).to_csv((split / "Emotion" / name).with_suffix(".csv"))
    np.save((split / "3D_FV_files" / name).with_suffix(".npy"), np.hstack([units, pose])[:, None, :])


if __name__ == "__main__":
    main()
