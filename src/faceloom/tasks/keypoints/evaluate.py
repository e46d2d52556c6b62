"""Score the keypoint network on faces that it has not seen, beside the mean shape of the training faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceloom.metrics import keypoints as metrics
from faceloom.stills.augment import Augmentation
from faceloom.stills.contact_sheet import augmented, sheet, write
from faceloom.stills.packed import Packed, load
from faceloom.stills.points import EYES, KEYPOINTS
from faceloom.tasks.keypoints import checkpoint
from faceloom.tasks.pictures.folder import HISTORY
from faceloom.tasks.pictures.scores import (
    COLUMNS,
    SHOWN,
    Scores,
    held_out,
    write_extremes,
    write_json,
    write_table,
)

Points = NDArray[np.float32]


def evaluate(packed: Path, model_dir: Path, out_json: Path, folder: Path) -> Scores:
    """Write the scores, and in `folder` the tables and pictures behind them.

    `out_json` has the RMSE (pixels of the packed picture), the mean error over the distance of the eyes (NME), and
    reference 2's "accuracy", the agreement of the largest coordinate's index, each beside the `baseline_` of the mean
    shape of the training faces. `folder` gets `points.csv`, `errors.csv` (the cumulative error curve of both),
    `training.csv`, the faces with the smallest and the largest error, `best` and `worst`, as tables and sheets, and
    `augmented.png`: whether pictures and points of training still go together, at a glance.

    Args:
        packed: `keypoints.h5`.
        model_dir: Of `train`.
        out_json: The scores.
        folder: The tables.
    """
    data, model = load(packed), checkpoint.load(model_dir)
    split, rows = held_out(data)
    faces = data[rows]
    scale = data.size / model.size
    predicted = model.predict(faces.images) * scale
    baseline = np.broadcast_to(metrics.mean_shape(data.of("train").points), predicted.shape)
    result: Scores = {"split": split, "faces": len(faces), "leaks": data.leaks}
    against = scores(baseline, faces.points)
    for name, value in scores(predicted, faces.points).items():
        result |= {name: value, f"baseline_{name}": against[name]}
    result["beats_baseline"] = result["nme"] < result["baseline_nme"]
    write_json(out_json, result)
    _write_tables(folder, faces, rows, predicted, baseline)
    _write_augmented(folder / "augmented.png", data.of("train"), model.about.settings)
    (folder / "training.csv").write_bytes((model_dir / HISTORY).read_bytes())
    return result


def scores(predicted: Points, points: Points) -> dict[str, float]:
    """RMSE in pixels, NME, and the argmax agreement."""
    return {
        "rmse": metrics.rmse(predicted, points),
        "nme": metrics.nme(predicted, points, EYES),
        "argmax_agreement": metrics.argmax_agreement(predicted, points),
    }


def _write_tables(folder: Path, faces: Packed, rows: NDArray[np.intp], predicted: Points, baseline: Points) -> None:
    write_table(folder / "points.csv", per_point(predicted, baseline, faces.points))
    errors = {"model": predicted, "mean shape": baseline}
    curves = [
        metrics.curve(metrics.face_errors(guess, faces.points, EYES)).assign(predictor=name)
        for name, guess in errors.items()
    ]
    write_table(folder / "errors.csv", pd.concat(curves))
    own = metrics.face_errors(predicted, faces.points, EYES)
    table = pd.DataFrame({"row": rows, "person": faces.person, "nme": own})
    write_extremes(folder, replace(faces, points=predicted), table, own)


def _write_augmented(path: Path, training: Packed, settings: Mapping[str, Any]) -> None:
    """A sheet of training faces, spread over all of them, with the points as training moves them."""
    chosen = training[np.unique(np.linspace(0, len(training) - 1, SHOWN).round().astype(int))]
    write(path, sheet(augmented(chosen, Augmentation(**settings["augment"]), int(settings["seed"])), COLUMNS))


def per_point(predicted: Points, baseline: Points, points: Points) -> pd.DataFrame:
    """A row per point: mean distance in pixels and NME of the model and of the mean shape, and the labelled faces."""
    columns: dict[str, object] = {"point": list(KEYPOINTS), "faces": np.isfinite(points).all(axis=2).sum(axis=0)}
    for name, guess in (("", predicted), ("baseline_", baseline)):
        columns[f"{name}pixels"] = _mean(metrics.distances(guess, points))
        columns[f"{name}nme"] = _mean(metrics.normalised(guess, points, EYES))
    return pd.DataFrame(columns)


def _mean(errors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Over the faces, NaN for a point that none has labelled."""
    known = np.isfinite(errors)
    total = np.where(known, errors, 0).sum(axis=0)
    return np.asarray(np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan))
