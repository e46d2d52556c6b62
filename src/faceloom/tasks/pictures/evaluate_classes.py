"""Scores of a classifier on faces that it has not seen, beside always saying the commonest class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceloom.metrics.classification import majority, per_class, scores
from faceloom.stills.packed import Packed, load
from faceloom.tasks.pictures.class_model import ClassModel
from faceloom.tasks.pictures.folder import HISTORY
from faceloom.tasks.pictures.scores import Scores, held_out, write_extremes, write_json, write_table


def evaluate(model: ClassModel, model_dir: Path, packed: Path, out_json: Path, folder: Path) -> Scores:
    """Write the scores, and in `folder` the tables and pictures behind them.

    `out_json` has accuracy, balanced accuracy, macro F1, cross-entropy and expected calibration error of the held-out
    faces, each beside the `baseline_` of the training classes' frequencies. `folder` gets `classes.csv`,
    `confusion.csv` (`actual`, `predicted`: DVC's template), `training.csv`, and the most and the least certain faces,
    `best` and `worst`, as tables and as sheets.

    Args:
        model: The classifier.
        model_dir: Its folder, for the training curves.
        packed: What it was trained on.
        out_json: The scores.
        folder: The tables.
    """
    data = load(packed)
    split, rows = held_out(data)
    faces = data[rows]
    probabilities = model.predict(faces.images)
    baseline = majority(data.of("train").labels, len(faces), len(model.classes))
    labels = faces.labels.astype(np.int64)
    result: Scores = {"split": split, "faces": len(faces), "leaks": data.leaks}
    against = scores(baseline, labels)
    for name, value in scores(probabilities, labels).items():
        result |= {name: value, f"baseline_{name}": against[name]}
    result["beats_baseline"] = result["balanced_accuracy"] > result["baseline_balanced_accuracy"]
    write_json(out_json, result)
    _write_tables(folder, model, faces, rows, probabilities)
    (folder / "training.csv").write_bytes((model_dir / HISTORY).read_bytes())
    return result


def _write_tables(
    folder: Path, model: ClassModel, faces: Packed, rows: NDArray[np.intp], probabilities: NDArray[np.float32]
) -> None:
    names = np.array(model.classes)
    predicted, labels = probabilities.argmax(axis=1), faces.labels.astype(np.int64)
    own = probabilities[np.arange(len(labels)), labels]
    table = pd.DataFrame(
        {
            "row": rows,
            "person": faces.person,
            "actual": names[labels],
            "predicted": names[predicted],
            "probability": own,
        }
    )
    write_table(folder / "classes.csv", per_class(predicted, labels, model.classes))
    write_table(folder / "confusion.csv", table[["actual", "predicted"]])
    write_extremes(folder, faces, table, 1 - own)
