"""What the networks on single faces learnt: scores, confusions, errors of points, and the faces themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import pandas as pd

from faceloom.errors import InputError
from faceloom.report.charts import Chart, Dots, Mark, Series
from faceloom.report.tables import Cell, Table, direction, number, pretty
from faceloom.report.video import jpeg

if TYPE_CHECKING:
    from pathlib import Path

    from faceloom.report.project import Project

TASKS: Final = {
    "keypoints": "Fifteen points of a face",
    "expression": "Expressions",
    "emotion_cnn": "Emotions, by the small network",
}
METRICS: Final = {
    "rmse": "RMSE, pixels",
    "nme": "NME, parts of the distance of the eyes",
    "argmax_agreement": "Agreement on the largest coordinate, 0–1",
    "accuracy": "Accuracy, 0–1",
    "balanced_accuracy": "Balanced accuracy, 0–1",
    "macro_f1": "Macro F1, 0–1",
    "loss": "Cross-entropy, nats",
    "ece": "Expected calibration error, 0–1",
}
PER_CLASS: Final = {"precision": "Precision", "recall": "Recall", "f1": "F1", "support": "Faces"}
COLUMNS, GAP = 8, 4
"""Faces in a row of a sheet, and the black pixels after each, as the evaluation writes them."""
SHOWN: Final = 12
"""Best and worst faces on the page."""
SHADE: Final = 60
"""Percent of the colour in a full cell: more would make its number hard to read."""


@dataclass(frozen=True)
class Face:
    """One face of a sheet as a data URI, and what to say below it."""

    picture: str
    caption: str


@dataclass(frozen=True)
class Gallery:
    """Faces under a heading."""

    title: str
    faces: list[Face]


@dataclass(frozen=True)
class Heat:
    """A cell of the confusion matrix: percent of the row, faces, and percent of the colour."""

    percent: str
    faces: int
    shade: int


@dataclass(frozen=True)
class Confusion:
    """Rows of true classes with their number of faces, columns of predicted ones."""

    classes: list[str]
    rows: list[tuple[str, int, list[Heat]]]


@dataclass(frozen=True)
class Stills:
    """One task's part of the section; `kind` is `points` or `classes`."""

    task: str
    title: str
    kind: str
    split: str
    faces: int
    leaks: bool
    verdict: tuple[bool, str]
    table: Table
    points: Dots | None
    curve: Chart | None
    classes: Table | None
    confusion: Confusion | None
    galleries: list[Gallery]


def stills(project: Project) -> list[Stills]:
    """A part for every task that has been scored."""
    found = ((task, project.json(f"metrics/{task}.json")) for task in TASKS)
    return [_task(task, scores, project.root / "metrics" / task) for task, scores in found if scores]


def _task(task: str, scores: dict[str, Any], folder: Path) -> Stills:
    classes = _csv(folder / "classes.csv")
    confused, points, errors = (_csv(folder / f"{name}.csv") for name in ("confusion", "points", "errors"))
    names = None if classes is None else classes["class"].astype(str).tolist()
    return Stills(
        task=task,
        title=TASKS[task],
        kind="points" if "nme" in scores else "classes",
        split=scores["split"],
        faces=scores["faces"],
        leaks=bool(scores.get("leaks")),
        verdict=verdict(scores),
        table=beside_baseline(scores),
        points=None if points is None else per_point(points),
        curve=None if errors is None else cumulative(errors),
        classes=None if classes is None else _per_class(classes),
        confusion=None if confused is None else confusion(confused, names),
        galleries=_galleries(folder),
    )


def verdict(scores: dict[str, Any]) -> tuple[bool, str]:
    """Whether the model beats its baseline, and the sentence that says so."""
    metric, other = ("nme", "the mean shape") if "nme" in scores else ("balanced_accuracy", "the commonest class")
    wins = bool(scores["beats_baseline"])
    label = METRICS[metric].split(",")[0]
    numbers = f"{number(scores[metric])} against {number(scores['baseline_' + metric])}"
    return wins, f"The model {'beats' if wins else 'does not beat'} {other}: {label} {numbers}."


def beside_baseline(scores: dict[str, Any]) -> Table:
    """A row a measure: the model, and what needs no model; the better of both marked."""
    baseline = "Mean shape" if "nme" in scores else "Commonest class"
    rows = []
    for name, label in METRICS.items():
        if name in scores:
            pair = [scores[name], scores.get(f"baseline_{name}")]
            known = [value * direction(_measure(name)) for value in pair if value is not None]
            cells = [Cell(number(v), "best" if _best(v, name, known) else "") for v in pair]
            rows.append((label, cells))
    return Table("", ["Model", baseline], rows)


def _measure(name: str) -> str:
    """The name by which it is known which way is better."""
    return {"ece": "error"}.get(name, name)


def _best(value: float | None, name: str, known: list[float]) -> bool:
    return value is not None and len(set(known)) > 1 and value * direction(_measure(name)) == max(known)


def _per_class(table: pd.DataFrame) -> Table:
    columns = [name for name in PER_CLASS if name in table]
    records = table.to_dict("records")
    rows = [(str(row["class"]), [Cell(number(row[name])) for name in columns]) for row in records]
    return Table("", [PER_CLASS[name] for name in columns], rows)


def confusion(pairs: pd.DataFrame, classes: list[str] | None = None) -> Confusion:
    """Shares of each true class that were taken for each class.

    Args:
        pairs: `actual` and `predicted`, a row a face.
        classes: Names in their order; None takes those that occur, sorted.
    """
    occurring = sorted({*pairs["actual"].astype(str), *pairs["predicted"].astype(str)})
    names = [*(classes or []), *(name for name in occurring if name not in (classes or []))]
    counts = pd.crosstab(pairs["actual"].astype(str), pairs["predicted"].astype(str))
    counts = counts.reindex(index=names, columns=names, fill_value=0)
    rows = []
    for name, row in zip(names, counts.to_numpy(), strict=True):
        total = int(row.sum())
        shares = row / max(total, 1)
        cells = [
            Heat(f"{100 * share:.0f}" if total else "–", int(n), round(SHADE * float(share)))
            for n, share in zip(row, shares, strict=True)
        ]
        rows.append((name, total, cells))
    return Confusion(names, rows)


def per_point(table: pd.DataFrame) -> Dots:
    """Mean distance of every point, of the model and of the mean shape."""
    marks = {}
    for row in table.to_dict("records"):
        values = {"baseline": row["baseline_pixels"], "predicted": row["pixels"]}
        labels = {"baseline": "mean shape", "predicted": "model"}
        name = pretty(str(row["point"]))
        marks[name] = [Mark(labels[style], style, float(v)) for style, v in values.items() if np.isfinite(v)]
    return Dots("Error of each point", "mean distance, pixels (less is better)", marks, left=152)


def cumulative(table: pd.DataFrame) -> Chart:
    """Share of faces below each error, of the model and of the mean shape."""
    styles = {"model": "predicted", "mean shape": "baseline"}
    lines = [
        Series(str(name), styles.get(str(name), "measured"), np.asarray(rows["nme"]), 100 * np.asarray(rows["share"]))
        for name, rows in table.groupby("predictor", sort=True)
    ]
    return Chart(
        "Cumulative error",
        "NME at most, parts of the distance of the eyes",
        "share of faces, %",
        lines,
        y_range=(0, 100),
        width=380,
        height=260,
    )


def _galleries(folder: Path) -> list[Gallery]:
    titles = {
        "augmented": "As training sees them: turned, shifted, sheared, scaled, mirrored, lit",
        "best": "Best",
        "worst": "Worst",
    }
    shown = (Gallery(title, faces(folder, name)) for name, title in titles.items())
    return [gallery for gallery in shown if gallery.faces]


def faces(folder: Path, name: str) -> list[Face]:
    """The first faces of a sheet `<name>.png`, with captions from `<name>.csv`; empty without a sheet."""
    path = folder / f"{name}.png"
    if not path.is_file():
        return []
    content = np.frombuffer(path.read_bytes(), np.uint8)
    sheet = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB) if content.size else None
    if sheet is None:
        raise InputError(f"{path}: not a picture; run `dvc repro -f evaluate@{folder.name}`.")
    table = _csv(folder / f"{name}.csv")
    captions = [""] * SHOWN if table is None else [_caption(row) for row in table.head(SHOWN).to_dict("records")]
    side = sheet.shape[1] // COLUMNS
    tiles = [
        np.ascontiguousarray(sheet[y : y + side - GAP, x : x + side - GAP])
        for y in range(0, sheet.shape[0] - side + 1, side)
        for x in range(0, side * COLUMNS, side)
    ]
    return [Face(jpeg(tile), caption) for tile, caption in zip(tiles, captions, strict=False)]


def _caption(row: dict[Any, Any]) -> str:
    """What a face was taken for, with the certainty of the truth, or the error of its points."""
    if "nme" in row:
        return f"NME {row['nme']:.3f}"
    certain = f"{100 * row['probability']:.0f} %"
    if row["actual"] == row["predicted"]:
        return f"{row['actual']}, {certain}"
    return f"{row['actual']} ({certain}), taken for {row['predicted']}"


def _csv(path: Path) -> pd.DataFrame | None:
    if not path.is_file():
        return None
    try:
        return pd.read_csv(path, keep_default_na=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError):
        raise InputError(f"{path}: not a table; run `dvc repro -f evaluate@{path.parent.name}`.") from None
