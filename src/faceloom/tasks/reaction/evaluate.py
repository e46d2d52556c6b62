"""Score generated reactions on dyads that the model has not seen, beside the naive predictors of the challenge."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceloom.metrics.reaction import baselines
from faceloom.metrics.reaction import evaluate as score
from faceloom.metrics.reaction.checks import Rows
from faceloom.tasks.reaction.checkpoint import HISTORY, ReactionModel, load
from faceloom.tasks.reaction.codebooks import STREAMS
from faceloom.tasks.reaction.data import load as load_packed
from faceloom.tasks.reaction.generate import SAMPLES, predict, silent, stranger, write_predictions
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.matching import matching

Scores = dict[str, Any]
TASKS: Final = ("online", "offline")
DIGITS: Final = 6


def evaluate(packed: Path, model_dir: Path, out_json: Path, plots_dir: Path) -> Scores:
    """Write the scores, the predictions that were scored, and the tables behind the plots.

    - `online`, `offline`: ten reactions to each held-out speaker, by the settings that train.reaction names; of a
      finetuned model, which forgets how to go frame by frame, `offline` alone.
    - `online_no_speaker`, `online_stranger`: the same network when every feature of the speaker is missing, or those
      of a speaker to whom other reactions suit; what it makes of the speaker is by how much `online` is better. For a
      finetuned model `offline_no_speaker`, `offline_stranger`.
    - `ground_truth`, `random`, `mime`, `mean_sequence`, `mean_frame`: the challenge's naive rows. The means are those
      of the training reactions.
    - `frames_cut`: frames of longer clips that are left out, for the metrics compare clips of one length.
    - `beats`: whether a task's reactions have the higher FRCorr, and the lower FRDist, than each of these.
    - `matching`: see `matching.Matching`.
    - `codebooks`: codes of each stream, what the real and the generated reactions use of them, and what encoding loses.

    Args:
        packed: `reaction.h5`.
        model_dir: Of `train`.
        out_json: The scores.
        plots_dir: Gets `predictions_online.npy` and `predictions_offline.npy` (N, 10, T, 25), with `real.npy`,
            `speaker.npy` and `appropriate.npy` all that `faceloom score` reads; `usual.npy`, the mean training
            reaction; `clips.csv`, who is in their rows; `scores.csv`, `usage.csv` and `training.csv`.
    """
    model, held_out = load(model_dir).ready(), HeldOut.of(load_packed(packed))
    plots_dir.mkdir(parents=True, exist_ok=True)
    tasks = TASKS if model.settings["stage"] == "pretrain" else TASKS[1:]
    made = {task: write_predictions(model, held_out, task, plots_dir / f"predictions_{task}.npy") for task in tasks}
    rows = score_all(model, held_out, made)
    found = matching(model, held_out)
    scores: Scores = {"split": held_out.split, "clips": len(held_out), "frames": held_out.frames, "samples": SAMPLES}
    scores["frames_cut"] = held_out.frames_cut
    scores |= {"sampling": {task: model.settings[task] for task in tasks}, "scores": rows, "beats": beats(rows)}
    scores["matching"] = {"accuracy": found.accuracy, "real": found.real, "strangers": found.strangers}
    scores["matching"] |= {"pairs": found.pairs, "other_pairs": found.other_pairs, "stretches": found.stretches}
    usage = codes_used(model, held_out, made)
    scores["codebooks"] = codebooks(usage, held_out)
    out_json.parent.mkdir(parents=True, exist_ok=True)
    out_json.write_text(json.dumps(plain(scores), indent=2) + "\n", encoding="utf-8")
    write_tables(plots_dir, model_dir, held_out, rows, usage)
    return scores


def score_all(
    model: ReactionModel, held_out: HeldOut, made: Mapping[str, NDArray[np.float32]]
) -> dict[str, dict[str, float]]:
    """The metrics of every row."""

    def scored(row: Rows) -> dict[str, float]:
        return score(row, held_out.real, held_out.speaker, held_out.appropriate)

    task = next(iter(made))
    deaf = {f"{task}_no_speaker": silent, f"{task}_stranger": stranger}
    rows = {name: scored(row) for name, row in made.items()}
    rows |= {name: scored(predict(model, held_out, task, how)) for name, how in deaf.items()}
    naive = baselines(held_out.real, held_out.speaker, held_out.usual, SAMPLES)
    return rows | {name.replace(" ", "_"): scored(row) for name, row in naive.items()}


def beats(rows: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, bool]]:
    """For each task: is FRCorr higher, and FRDist lower, than that of each row without a model's hearing?"""
    others = [name for name in rows if name not in (*TASKS, "ground_truth")]
    return {
        task: {
            f"{name}_{metric}": (rows[task][metric] - rows[name][metric]) * sign > 0
            for name in others
            for metric, sign in (("FRCorr", 1), ("FRDist", -1))
        }
        for task in TASKS
        if task in rows
    }


def codes_used(model: ReactionModel, held_out: HeldOut, made: Mapping[str, NDArray[np.float32]]) -> pd.DataFrame:
    """How often each code occurs: `stream`, `code`, and its share of the training, real and generated frames."""
    packed = held_out.packed
    training = np.isin(np.arange(len(packed)), packed.of("train")).repeat(np.diff(packed.offsets))
    tokens = {"training": packed.tokens[training], "real": _encoded(model, held_out.real)}
    tokens |= {task: _encoded(model, predictions) for task, predictions in made.items()}
    parts = []
    for k, (stream, size) in enumerate(zip(STREAMS, model.codebooks.sizes, strict=True)):
        shares = {name: np.bincount(codes[:, k], minlength=size) / len(codes) for name, codes in tokens.items()}
        parts.append(pd.DataFrame({"stream": stream, "code": np.arange(size), **shares}))
    return pd.concat(parts, ignore_index=True)


def _encoded(model: ReactionModel, attributes: NDArray[Any]) -> NDArray[np.int32]:
    """Codes (n, 3) of attributes (N, ..., 25), a clip at a time."""
    return np.concatenate([model.codebooks.encode(clip.reshape(-1, clip.shape[-1])) for clip in attributes])


def codebooks(usage: pd.DataFrame, held_out: HeldOut) -> dict[str, dict[str, Any]]:
    """For each stream its number of codes, how many of them occur, and the perplexity of the generated ones.

    `lost` is what encoding and decoding loses of the split (`Codebooks.reconstruction`).
    """
    found: dict[str, dict[str, Any]] = {}
    for stream, rows in usage.groupby("stream", sort=False):
        names = [name for name in ("real", *TASKS) if name in rows]
        used = {name: int((rows[name] > 0).sum()) for name in names}
        effective = {f"{name}_perplexity": perplexity(rows[name].to_numpy()) for name in names}
        found[str(stream)] = {"codes": len(rows), **used, **effective}
    lost = held_out.packed.about.get("codebooks", {}).get("reconstruction", {}).get(held_out.split)
    return found | ({"lost": lost} if lost else {})


def perplexity(shares: NDArray[np.float64]) -> float:
    """2 to the entropy: as many codes as would be in use if all were used equally often."""
    known = shares[shares > 0]
    return float(np.exp(-(known * np.log(known)).sum()))


def write_tables(
    folder: Path, model_dir: Path, held_out: HeldOut, rows: Mapping[str, Mapping[str, float]], usage: pd.DataFrame
) -> None:
    """Everything in `plots_dir` but the predictions."""
    (folder / "training.csv").write_bytes((model_dir / HISTORY).read_bytes())
    for name in ("real", "speaker", "appropriate", "usual"):
        np.save(folder / f"{name}.npy", getattr(held_out, name))
    names = held_out.packed.names
    listeners = [names[held_out.packed.listener(int(k))] for k in held_out.clips]
    who = {"speaker": [names[k] for k in held_out.clips], "listener": listeners}
    tables = {
        "clips.csv": pd.DataFrame(who),
        "scores.csv": pd.DataFrame([{"predictor": name, **plain(row)} for name, row in rows.items()]),
        "usage.csv": usage.round(DIGITS),
    }
    for name, table in tables.items():
        table.to_csv(folder / name, index=False, lineterminator="\n")


def plain(value: Any) -> Any:
    """JSON has no NaN; numbers to six digits, so that equal runs are equal text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.{DIGITS}g}")
    return value
