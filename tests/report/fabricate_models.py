"""What training and evaluation leave behind in the made-up project: models, metrics, predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from fabricate import CLIPS, FRAMES, write_json

from faceloom.facs import AUS, UPPER_FACE_AUS


def agreement(rmse: float, pcc: float | None) -> dict[str, Any]:
    row = {"rmse": rmse, "mae": rmse / 2, "pcc": pcc, "ccc": 0.0 if pcc is None else pcc / 2}
    return {"accuracy": 0.1, **row, "per_au": dict.fromkeys(UPPER_FACE_AUS, row)}


def predictions(clips: tuple[str, ...], rng: np.random.Generator, truth: bool) -> pa.Table:
    frame = np.tile(np.arange(2, FRAMES), len(clips))
    table: dict[str, Any] = {"clip": np.repeat(clips, FRAMES - 2), "frame": frame}
    for n, au in enumerate(UPPER_FACE_AUS):
        true = np.clip(2 + 2 * np.sin(frame / 5 + n), 0, 5)
        error = np.repeat(np.arange(len(clips)), FRAMES - 2) + 1
        table |= {f"{au}_true": true, f"{au}_predicted": true + 0.2 * error, f"{au}_mean": np.full(len(frame), 1.0)}
        table[f"{au}_truth"] = true + rng.normal(0, 0.1, len(frame)) if truth else np.full(len(frame), np.nan)
    return pa.table(table)


def fabricate_models(root: Path, clips: tuple[str, ...] = CLIPS, *, wins: bool = True, truth: bool = True) -> None:
    """Write models, metrics and predictions below `root`."""
    rng = np.random.default_rng(1)
    model, before = agreement(0.4 if wins else 0.9, 0.5), agreement(0.2, 0.9)
    write_json(
        root / "metrics/gesture.json",
        {
            "split": "test", "clips": 3, "frames": 114, "decoding": "expected",
            "teacher_forced": {"accuracy": 0.9, "loss": 0.3},
            "free_running": model, "baselines": {"mean": agreement(0.6, None), "persistence": before},
            "ceiling": agreement(0.1, 0.95) if truth else None,
            "against_truth": {"model": model, "mean": agreement(0.7, None)} if truth else None,
            "beats_mean": wins, "beats_persistence": False,
        },
    )  # fmt: skip
    (root / "metrics/gesture").mkdir()
    pq.write_table(predictions(clips, rng, truth), root / "metrics/gesture/predictions.parquet")
    history = root / "models/gesture/history.csv"
    history.parent.mkdir(parents=True)
    history.write_text("epoch,train_loss,val_loss,val_accuracy\n0,2.5,2.4,0.3\n1,1.9,2.1,0.4\n2,1.5,2.0,0.5\n")
    units = dict(zip(AUS, np.linspace(0.9, -0.05, len(AUS)).round(3).tolist(), strict=True))
    scores = {
        "mean_pearson": 0.46,
        "mean_pearson_relative": 0.5,
        "pearson": units,
        "pearson_relative": units,
        "ccc": units,
        "mae": units,
    }
    write_json(
        root / "metrics/action_units.json",
        {
            "faces": 500, "identities": 100, "units": scores,
            "affect": {"pearson": {"valence": 0.7, "arousal": 0.6}, "ccc": {"valence": 0.6, "arousal": None}},
            "expression": {"accuracy": 0.55, "recall": {"neutral": 0.5, "happy": 0.9}},
            "landmarker": {"keypoints15_nme": 0.05, "pose": {"mae_degrees": {"yaw": 2.0, "pitch": 3.0}}},
        },
    )  # fmt: skip
    write_json(root / "models/action_units/config.json", {"about": {"does_not_transfer": ["AU14", "AU15"]}})
    (root / "models/action_units/README.md").write_text(
        "# Card\n\nTrained on `stills` <b>only</b>.\n\n- one\n- **two**\n"
    )
    if truth:
        write_json(
            root / "metrics/extraction.json",
            {
                "clips": 3, "frames": 120, "face_found": 0.975,
                "action_units": {"mean_pearson": 0.4, "pearson": units, "ccc": units, "pearson_within_clips": units},
                "head_pose": {"mae_degrees": {"yaw": 1.0}, "pearson": {"yaw": 0.9}},
            },
        )  # fmt: skip
