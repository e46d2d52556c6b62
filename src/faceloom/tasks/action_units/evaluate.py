"""How well the estimator, the landmarks and the head pose agree with the studio's truth on held-out identities."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.facs import AFFECT, AUS, EXPRESSIONS
from faceloom.features.head_pose import align, angles_of
from faceloom.features.landmarks import keypoints15, landmarks68
from faceloom.metrics.regression import ccc, mae, pearson
from faceloom.tasks.action_units.data import ANGLES, Stills, load
from faceloom.tasks.action_units.model import Model
from faceloom.tasks.action_units.model import load as load_model
from faceloom.tasks.action_units.train import medians

Array = npt.NDArray[np.float32]

DIGITS: Final = 4
JAW: Final = 17
"""The first points of the 68: they lie on the outline, which moves with the viewpoint, and are scored apart."""


def evaluate(packed: Path, model_dir: Path, out_json: Path, plots_dir: Path) -> dict[str, Any]:
    """Score the model on the held-out stills; write `out_json` and `plots_dir/action_units.csv`."""
    stills, model = load(packed), load_model(model_dir)
    held_out = stills[stills.test]
    scores = report(model, held_out)
    out_json.parent.mkdir(parents=True, exist_ok=True)
    out_json.write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    plots_dir.mkdir(parents=True, exist_ok=True)
    with (plots_dir / "action_units.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["unit", "pearson", "pearson_relative", "ccc"])
        units = scores["units"]
        writer.writerows([au, *(units[name][au] for name in ("pearson", "pearson_relative", "ccc"))] for au in AUS)
    return scores


def report(model: Model, stills: Stills) -> dict[str, Any]:
    """All scores of these stills as nested dicts of numbers."""
    x = model.features(stills.landmarks, stills.iris, stills.texture)
    found = model(x)
    relative = model(x, medians(x, stills.identity))
    expressions = found.expressions.argmax(axis=1)
    return {
        "faces": len(stills),
        "identities": len(set(stills.identity.tolist())),
        "units": {
            "mean_pearson": _mean(pearson(found.units, stills.units)),
            "mean_pearson_relative": _mean(pearson(relative.units, stills.units)),
            "pearson": _named(AUS, pearson(found.units, stills.units)),
            "pearson_relative": _named(AUS, pearson(relative.units, stills.units)),
            "ccc": _named(AUS, ccc(found.units, stills.units)),
            "mae": _named(AUS, mae(found.units, stills.units)),
        },
        "affect": {
            "pearson": _named(AFFECT, pearson(found.affect, stills.affect)),
            "ccc": _named(AFFECT, ccc(found.affect, stills.affect)),
        },
        "expression": {
            "accuracy": _round((expressions == stills.expression).mean()),
            "recall": _named(EXPRESSIONS, _recall(expressions, stills.expression)),
        },
        "landmarker": {**_points(stills), "pose": _pose(model, stills)},
    }


def _recall(found: npt.NDArray[np.intp], truth: npt.NDArray[np.int8]) -> npt.NDArray[np.float64]:
    rows = [truth == k for k in range(len(EXPRESSIONS))]
    return np.array([(found[row] == k).mean() if row.any() else np.nan for k, row in enumerate(rows)])


def _points(stills: Stills) -> dict[str, float | None]:
    """Mean distance from the true points over the distance of the outer eye corners (NME)."""
    eyes = np.linalg.norm(stills.landmarks68[:, 45] - stills.landmarks68[:, 36], axis=1)[:, None]
    found = landmarks68(stills.landmarks)
    error68 = np.linalg.norm(found - stills.landmarks68, axis=2) / eyes
    error15 = np.linalg.norm(keypoints15(stills.landmarks) - stills.keypoints15, axis=2) / eyes
    return {
        "keypoints15_nme": _round(error15.mean()),
        "keypoints15_rmse_pixels": _round(np.sqrt(((error15 * eyes) ** 2).mean() / 2)),
        "landmarks51_nme": _round(error68[:, JAW:].mean()),
        "jaw17_nme": _round(error68[:, :JAW].mean()),
    }


def _pose(model: Model, stills: Stills) -> dict[str, Any]:
    angles = angles_of(align(stills.landmarks, model.template).rotation)
    return {
        "mae_degrees": _named(ANGLES, mae(angles, stills.angles)),
        "pearson": _named(ANGLES, pearson(angles, stills.angles)),
    }


def _named(names: tuple[str, ...], values: npt.NDArray[np.floating]) -> dict[str, float | None]:
    return {name: _round(value) for name, value in zip(names, values, strict=True)}


def _mean(values: npt.NDArray[np.floating]) -> float | None:
    return _round(np.nanmean(values)) if np.isfinite(values).any() else None


def _round(value: np.floating | float) -> float | None:
    """JSON has no NaN."""
    return round(float(value), DIGITS) if np.isfinite(value) else None
