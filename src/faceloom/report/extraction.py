"""How far what the stages extract is from the studio's truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from faceloom.facs import AUS
from faceloom.report.charts import Dots, Mark
from faceloom.report.estimator import MEANINGS
from faceloom.report.tables import Table, matrix, tables

if TYPE_CHECKING:
    from faceloom.report.project import Project

STYLES: Final = {
    "pearson": ("over all clips", "measured"),
    "pearson_within_clips": ("within each clip, averaged", "predicted"),
}


@dataclass(frozen=True)
class Extraction:
    """Scores of `metrics/extraction.json`, or the `message` that says why there are none."""

    clips: int
    frames: int
    face_found: float | None
    message: str
    dots: Dots | None
    units: Table | None
    others: list[Table]


def extraction(project: Project) -> Extraction | None:
    """The section's content; None where the stage has not run."""
    scores = project.json("metrics/extraction.json")
    if scores is None:
        return None
    units = {name: values for name, values in scores.get("action_units", {}).items() if isinstance(values, dict)}
    return Extraction(
        clips=scores["clips"],
        frames=scores.get("frames", 0),
        face_found=scores.get("face_found"),
        message=scores.get("message", ""),
        dots=_dots(units) if units else None,
        units=matrix(units, "") if units else None,
        others=_others(scores),
    )


def _others(scores: dict[str, Any]) -> list[Table]:
    left = {name: value for name, value in scores.items() if isinstance(value, dict) and name != "action_units"}
    return tables(left)


def _dots(units: dict[str, dict[str, float | None]]) -> Dots:
    rows = {
        f"{au} {MEANINGS[au]}": [
            Mark(label, style, value)
            for metric, (label, style) in STYLES.items()
            if (value := units.get(metric, {}).get(au)) is not None
        ]
        for au in AUS
    }
    return Dots("Agreement with the truth", "Pearson r, −1–1 (more is better)", rows, width=420, left=170)
