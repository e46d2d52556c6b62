"""Score a trained gesture model on recordings that it has not seen, beside baselines and the ceiling of the data."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from faceloom.facs import UPPER_FACE_AUS
from faceloom.metrics.regression import ccc, mae, pearson, rmse
from faceloom.metrics.tokens import accuracy, cross_entropy
from faceloom.sequences.vocabulary import Vocabulary
from faceloom.sequences.windows import stitch
from faceloom.tasks.gesture.checkpoint import HISTORY, GestureModel, load
from faceloom.tasks.gesture.data import Packed, Windows, read
from faceloom.tasks.gesture.decode import free_run
from faceloom.tasks.gesture.network import shift

Floats = NDArray[np.float64]
Scores = dict[str, Any]
BATCH: Final = 256
SHOWN: Final = 50
"""Clips whose sequences are written for the report; the first so many."""


@dataclass(frozen=True)
class Frames:
    """Every frame of some clips once: n frames of C clips, one after the other; AUs 0-5, NaN where unknown.

    `clip` and `frame` (n,); `target`, what was extracted from the video, `truth`, of the truth tables, `predicted`, of
    the free-running model, and `before`, the target of the frame before (all (n, 6)).
    """

    clip: NDArray[np.int32]
    frame: NDArray[np.int32]
    target: Floats
    truth: Floats
    predicted: Floats
    before: Floats


def evaluate(packed: Path, model_dir: Path, out_json: Path, plots_dir: Path) -> Scores:
    """Write the scores and the tables behind the plots.

    - `teacher_forced`: loss and accuracy with the true gestures of the frame before as input. This is what reference 1
      reports; copying that frame scores almost as well, so it says little about speech.
    - `free_running`: the model hears the speech and nothing else; overlapping windows are averaged, so that every frame
      counts once.
    - `baselines.mean`: the mean of the training recordings, whatever is said.
    - `baselines.persistence`: the true gestures of the frame before, which no free-running model sees.
    - `ceiling`: the truth tables scored against the extracted AUs, which the model is trained and scored on: what a
      perfect prediction of the face would get, given the errors of the extraction. Null where there is no truth.
    - `against_truth`: the free-running model and the mean, scored against the truth tables.
    - `beats_mean`, `beats_persistence`: whether the RMSE of the free-running model, averaged over the AUs, is lower.

    Args:
        packed: `gesture.h5`.
        model_dir: Of `train`.
        out_json: The scores.
        plots_dir: Gets `training.csv`, `scores.csv` and `predictions.parquet`.
    """
    data, model = read(packed), load(model_dir)
    split, windows = held_out(data.windows)
    frames = to_frames(data, windows, free_intensity(model, windows))
    scores: Scores = {"split": split, "clips": len(np.unique(windows.clip)), "frames": len(frames.target)}
    scores |= {"decoding": model.settings["decoding"], "teacher_forced": teacher_forced(model, windows)}
    scores |= score(frames, model)
    out_json.parent.mkdir(parents=True, exist_ok=True)
    out_json.write_text(json.dumps(_plain(scores), indent=2) + "\n", encoding="utf-8")
    write_plots(plots_dir, model_dir, scores, frames, data, model)
    return scores


def held_out(windows: Windows) -> tuple[str, Windows]:
    """The test windows; of a data set too small for a test split, the validation or else the training windows."""
    for split in ("test", "val", "train"):
        if len(chosen := windows.of(split)):
            return split, chosen
    raise AssertionError("a packed file has windows")


def teacher_forced(model: GestureModel, windows: Windows) -> Scores:
    """Accuracy and cross-entropy (nats) per token with the true gestures of the frame before as input."""
    parts = []
    with torch.no_grad():
        for first in range(0, len(windows), BATCH):
            batch = windows[first : first + BATCH]
            logits = model.network(_tensor(batch.f0), shift(_tensor(batch.au)))
            parts.append(logits.log_softmax(dim=-1).numpy()[batch.mask])
    log_probabilities, target = np.concatenate(parts), windows.au[windows.mask].astype(np.int64)
    best = log_probabilities.argmax(axis=-1)
    return {"accuracy": accuracy(best, target), "loss": cross_entropy(log_probabilities, target)}


def free_intensity(model: GestureModel, windows: Windows) -> Floats:
    """Free-running AU intensities (N, T, 6)."""
    known = torch.from_numpy(model.au.table).float()
    generator = torch.Generator().manual_seed(model.settings["seed"])
    mode, temperature = model.settings["decoding"], model.settings["temperature"]
    parts = [
        free_run(
            model.network, _tensor(windows.f0[first : first + BATCH]), known, mode, temperature, generator
        ).intensity
        for first in range(0, len(windows), BATCH)
    ]
    return torch.cat(parts).double().numpy()


def to_frames(data: Packed, windows: Windows, predicted: Floats) -> Frames:
    """Windows back to clips, and of those the frames whose AUs are known."""
    parts = []
    for number in np.unique(windows.clip):
        rows = windows.clip == number
        stacked = np.stack([windows.intensity[rows], windows.truth[rows], predicted[rows]], axis=2)
        whole = stitch(stacked, windows.start[rows], data.n_frames[number])
        target, truth, guess = whole[:, 0], whole[:, 1], whole[:, 2]
        before = np.concatenate([np.full_like(target[:1], np.nan), target[:-1]])
        keep = np.flatnonzero(np.isfinite(target).all(axis=1))
        columns = (np.full(len(target), number), np.arange(len(target)), target, truth, guess, before)
        parts.append([column[keep] for column in columns])
    return Frames(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def score(frames: Frames, model: GestureModel) -> Scores:
    """Everything that is scored frame by frame."""
    mean = np.broadcast_to(np.array(model.mean), frames.target.shape)
    before = np.where(np.isfinite(frames.before), frames.before, mean)
    free = agreement(frames.predicted, frames.target, model.au)
    baselines = {
        "mean": agreement(mean, frames.target, model.au),
        "persistence": agreement(before, frames.target, model.au),
    }
    scores: Scores = {"free_running": free, "baselines": baselines, "ceiling": None, "against_truth": None}
    if (known := np.isfinite(frames.truth).all(axis=1)).any():
        truth = frames.truth[known]
        scores["ceiling"] = agreement(truth, frames.target[known], model.au)
        versus = {"model": frames.predicted, "mean": mean}
        scores["against_truth"] = {name: agreement(x[known], truth, model.au) for name, x in versus.items()}
    for name, baseline in baselines.items():
        scores[f"beats_{name}"] = free["rmse"] < baseline["rmse"]
    return scores


def agreement(predicted: Floats, target: Floats, au: Vocabulary) -> Scores:
    """Token accuracy, and RMSE, MAE (AU units), Pearson's r and CCC, averaged over the AUs and for each of them.

    An AU that never moves has no correlation (null) and does not count in the average.
    """
    columns = {"rmse": rmse, "mae": mae, "pcc": pearson, "ccc": ccc}
    by_metric = {name: metric(predicted, target) for name, metric in columns.items()}
    tokens = au.encode(predicted), au.encode(target)
    scores: Scores = {"accuracy": accuracy(*tokens)}
    scores |= {name: float(np.nanmean(v)) if np.isfinite(v).any() else math.nan for name, v in by_metric.items()}
    scores["per_au"] = {
        unit: {name: float(values[k]) for name, values in by_metric.items()} for k, unit in enumerate(UPPER_FACE_AUS)
    }
    return scores


def write_plots(
    folder: Path, model_dir: Path, scores: Scores, frames: Frames, data: Packed, model: GestureModel
) -> None:
    """The training curves, the scores per AU, and a few clips' sequences, as tables."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "training.csv").write_bytes((model_dir / HISTORY).read_bytes())
    per_au = {"model": scores["free_running"], **scores["baselines"], "ceiling": scores["ceiling"]}
    rows = [
        {"unit": unit, "predictor": name, **values}
        for name, result in per_au.items()
        if result is not None
        for unit, values in result["per_au"].items()
    ]
    pd.DataFrame(rows).to_csv(folder / "scores.csv", index=False, lineterminator="\n")
    predictions(frames, data, model).to_parquet(folder / "predictions.parquet", index=False)


def predictions(frames: Frames, data: Packed, model: GestureModel) -> pd.DataFrame:
    """Sequences of the first clips: `clip`, `frame` and, per AU, `AU01_true`, `AU01_predicted`, `AU01_mean`.

    Where there is a truth table, `AU01_truth` too, else NaN. `AU01_true` is the extracted intensity.
    """
    keep = np.isin(frames.clip, np.unique(frames.clip)[:SHOWN])
    table: dict[str, Any] = {"clip": np.array(data.clips)[frames.clip[keep]], "frame": frames.frame[keep]}
    for k, unit in enumerate(UPPER_FACE_AUS):
        table |= {f"{unit}_true": frames.target[keep, k], f"{unit}_predicted": frames.predicted[keep, k]}
        table |= {f"{unit}_mean": np.full(keep.sum(), model.mean[k]), f"{unit}_truth": frames.truth[keep, k]}
    return pd.DataFrame(table)


def _tensor(tokens: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(tokens.astype(np.int64))


def _plain(value: Any) -> Any:
    """JSON has no NaN; numbers to six digits, so that equal runs are equal text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.6g}")
    return value
