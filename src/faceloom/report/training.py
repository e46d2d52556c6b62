"""Training curves from the tables that training leaves beside a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from faceloom.report.charts import Chart, Series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceloom.report.project import Project

SPLITS: Final = ("train", "val", "test")
WIDE: Final = 10
UNITS: Final = {
    "accuracy": "accuracy, 0–1",
    "rmse": "RMSE in AU units, 0–5",
    "lr": "learning rate",
    "error": "share of wrong answers, 0–1",
}
POINTS: Final = {"loss": "squared error, pixels²", "error": "root of the squared error, pixels"}
"""Of the network that places points."""
MATCHING: Final = {"matching": "share of right answers, 0–1", "slm": "cross-entropy, nats"}
CODES: Final = ("loss", "crm", "mrm")
"""Curves of the reaction network that hold its loss of codes; the others are those of `MATCHING`."""
STEPS: Final = ("epoch", "step", "iteration")


@dataclass(frozen=True)
class Training:
    """One task's curves."""

    task: str
    epochs: int
    charts: list[Chart]


def curves(project: Project) -> list[Training]:
    """The curves of every task: `models/<task>/history.csv`, or `metrics/<task>/training.csv`."""
    found = {path.parent.name: path for path in sorted(project.root.glob("metrics/*/training.csv"))}
    found |= {path.parent.name: path for path in sorted(project.root.glob("models/*/history.csv"))}
    tables = ((task, pd.read_csv(path)) for task, path in sorted(found.items()))
    return [
        Training(task, len(table), list(_charts(table, units(project, task)))) for task, table in tables if len(table)
    ]


def units(project: Project, task: str) -> dict[str, str]:
    """Axis labels of a task's curves."""
    unit = loss_unit(project, task)
    if task.startswith("reaction"):
        return UNITS | MATCHING | dict.fromkeys(CODES, unit)
    return UNITS | (POINTS if task == "keypoints" else {"loss": unit})


def loss_unit(project: Project, task: str) -> str:
    """What the loss is measured in, by the settings in the model's config."""
    settings = (project.json(f"models/{task}/config.json") or {}).get("settings", {})
    weight = settings.get("value_loss", 0)
    if weight:
        return f"nats + {weight:g} × squared {'deviations' if task.startswith('reaction') else 'AU units'}"
    return "cross-entropy, nats" if task in {"expression", "emotion_cnn"} else "loss in nats a token"


def wide(lines: list[Series]) -> bool:
    """Whether a logarithmic axis is needed: the first epochs would press all others onto the bottom."""
    values = np.concatenate([line.y[np.isfinite(line.y)] for line in lines])
    return values.size > 0 and bool(values.min() > 0) and bool(values.max() > WIDE * values.min())


def _charts(table: pd.DataFrame, units: dict[str, str]) -> Iterator[Chart]:
    """A chart a metric, with a line a split (`train_loss` and `val_loss` are one chart)."""
    step = next((name for name in ("epoch", "step") if name in table), None)
    x = np.asarray(table[step] if step else range(len(table)), float)
    metrics: dict[str, list[tuple[str, str]]] = {}
    for column in table.select_dtypes("number").columns.drop(list(STEPS), errors="ignore"):
        split, _, metric = column.partition("_")
        split, metric = (split, metric) if split in SPLITS else ("train", column)
        metrics.setdefault(metric, []).append((split, column))
    for metric, columns in sorted(metrics.items(), key=lambda item: (item[0] != "loss", item[0])):
        lines = [Series(split, split, x, np.asarray(table[column], float)) for split, column in columns]
        title = metric.replace("_", " ")
        yield Chart(
            title,
            step or "row",
            units.get(metric, title),
            lines,
            width=360,
            height=210,
            marks=True,
            whole_x=True,
            log=metric == "loss" and wide(lines),
        )
