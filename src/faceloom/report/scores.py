"""How well speech predicts gestures, beside what needs no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from faceloom.report.charts import Dots, Mark
from faceloom.report.tables import Cell, Table, direction, number, pretty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceloom.report.project import Project

Scores = dict[str, Any]

METRICS: Final = ("rmse", "mae", "pcc", "ccc", "accuracy")
UNITS: Final = {
    "rmse": "RMSE, AU units",
    "mae": "MAE, AU units",
    "pcc": "Pearson r, −1–1",
    "ccc": "CCC, −1–1",
    "accuracy": "Token accuracy, 0–1",
}
ROWS: Final = {
    "model": "Model, hears the speech only",
    "mean": "Mean of the training clips",
    "persistence": "Persistence: the true frame before",
    "ceiling": "Ceiling: the exact truth, scored the same way",
}
STYLES: Final = {"model": "predicted", "mean": "baseline", "persistence": "measured", "ceiling": "true"}


@dataclass(frozen=True)
class GestureScores:
    """The section on scores; `verdicts` are sentences with whether they are good news."""

    split: str
    clips: int
    frames: int
    table: Table
    against_truth: Table | None
    per_unit: list[Dots]
    verdicts: list[tuple[bool, str]]
    teacher_forced: Scores
    has_ceiling: bool
    sees_history: bool


def gesture(project: Project) -> GestureScores | None:
    """Scores of `metrics/gesture.json`; None where it is absent."""
    scores = project.json("metrics/gesture.json")
    if scores is None:
        return None
    runs = {"model": scores["free_running"], **scores["baselines"], "ceiling": scores.get("ceiling")}
    runs = {name: run for name, run in runs.items() if run}
    truth = scores.get("against_truth")
    settings = (project.json("models/gesture/config.json") or {}).get("settings", {})
    return GestureScores(
        split=scores["split"],
        clips=scores["clips"],
        frames=scores["frames"],
        table=compare(runs),
        against_truth=compare(truth) if truth else None,
        per_unit=[_dots(runs, metric) for metric in ("ccc", "rmse")],
        verdicts=verdicts(runs),
        teacher_forced=scores.get("teacher_forced") or {},
        has_ceiling="ceiling" in runs,
        sees_history=bool(settings.get("autoregressive", True)),
    )


def compare(runs: Mapping[str, Scores]) -> Table:
    """A row a predictor, a column a metric, the best of each column marked; the ceiling does not compete."""
    metrics = [metric for metric in METRICS if any(run.get(metric) is not None for run in runs.values())]
    best = {metric: _best(runs, metric) for metric in metrics}
    rows = [
        (
            ROWS.get(name, pretty(name)),
            [Cell(number(run.get(metric)), "best" if best[metric] == name else "") for metric in metrics],
        )
        for name, run in runs.items()
    ]
    return Table("", [UNITS[metric] for metric in metrics], rows, {ROWS["model"]: "model"})


def _best(runs: Mapping[str, Scores], metric: str) -> str | None:
    scored = {name: run[metric] for name, run in runs.items() if name != "ceiling" and run.get(metric) is not None}
    return max(scored, key=lambda name: direction(metric) * scored[name], default=None)


def verdicts(runs: Mapping[str, Scores]) -> list[tuple[bool, str]]:
    """A sentence a baseline: whether the model has the lower error, and by how much."""
    model = runs["model"]["rmse"]
    sentences = []
    for name, label in (("mean", "the mean of the training clips"), ("persistence", "persistence")):
        if (other := runs.get(name, {}).get("rmse")) is None:
            continue
        wins, numbers = model < other, f"RMSE {number(model)} against {number(other)} AU units"
        verb = "beats" if wins else "does not beat"
        aside = ", which sees the true gestures of the frame before" if name == "persistence" else ""
        sentences.append((wins, f"The model {verb} {label}{aside}: {numbers}."))
    return sentences


def _dots(runs: Mapping[str, Scores], metric: str) -> Dots:
    units = list(runs["model"]["per_au"])
    marks = {
        unit: [
            Mark(pretty(name), STYLES.get(name, "baseline"), run["per_au"][unit][metric])
            for name, run in reversed(list(runs.items()))  # the model last: on top of the others
            if run.get("per_au", {}).get(unit, {}).get(metric) is not None
        ]
        for unit in units
    }
    better = "more is better" if direction(metric) > 0 else "less is better"
    return Dots(f"{UNITS[metric].split(',')[0]} of each action unit", f"{UNITS[metric]} ({better})", marks)
