"""The action-unit estimator: what it is good for, unit by unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from faceloom.facs import AUS
from faceloom.report.charts import Dots, Mark
from faceloom.report.tables import Cell, Table, number, tables

if TYPE_CHECKING:
    from faceloom.report.project import Project

MEANINGS: Final = {
    "AU01": "inner brow raised",
    "AU02": "outer brow raised",
    "AU04": "brow lowered",
    "AU05": "upper lid raised",
    "AU06": "cheek raised",
    "AU07": "lids tightened",
    "AU09": "nose wrinkled",
    "AU10": "upper lip raised",
    "AU12": "lip corners pulled up",
    "AU14": "dimples",
    "AU15": "lip corners pulled down",
    "AU17": "chin raised",
    "AU20": "lips stretched",
    "AU23": "lips tightened",
    "AU25": "lips parted",
    "AU26": "jaw dropped",
    "AU45": "blink",
}
COLUMNS: Final = {"pearson": "Pearson r", "pearson_relative": "r, against own neutral", "ccc": "CCC", "mae": "MAE, 0–5"}


@dataclass(frozen=True)
class Estimator:
    """Scores on held-out synthetic identities, and what the model's folder says about itself."""

    faces: int
    identities: int
    mean_pearson: float | None
    units: Table
    dots: Dots
    others: list[Table]
    about: list[tuple[str, str]]
    card: str | None

    @property
    def says_transfer(self) -> bool:
        """Whether the config tells which units transfer to real faces."""
        return any("transfer" in key for key, _ in self.about)


def estimator(project: Project) -> Estimator | None:
    """The estimator's section from `metrics/action_units.json`; None where it is absent."""
    scores = project.json("metrics/action_units.json")
    if scores is None:
        return None
    units = scores["units"]
    card = project.root / "models/action_units/README.md"
    return Estimator(
        faces=scores["faces"],
        identities=scores["identities"],
        mean_pearson=units.get("mean_pearson"),
        units=unit_table(units),
        dots=_dots(units),
        others=[table for key in ("landmarker", "affect", "expression") for table in tables(scores.get(key, {}), key)],
        about=about(project.json("models/action_units/config.json") or {}),
        card=card.read_text(encoding="utf-8") if card.is_file() else None,
    )


def unit_table(units: dict[str, Any]) -> Table:
    """A row a unit with its meaning and every score."""
    metrics = [metric for metric in COLUMNS if metric in units]
    rows = [
        (f"{au} {MEANINGS[au]}", [Cell(number(units[metric].get(au))) for metric in metrics])
        for au in AUS
        if any(units[metric].get(au) is not None for metric in metrics)
    ]
    return Table("", [COLUMNS[metric] for metric in metrics], rows)


def _dots(units: dict[str, Any]) -> Dots:
    styles = {"pearson": "measured", "pearson_relative": "predicted"}
    rows = {
        f"{au} {MEANINGS[au]}": [
            Mark(COLUMNS[metric], style, units[metric][au])
            for metric, style in styles.items()
            if units.get(metric, {}).get(au) is not None
        ]
        for au in AUS
    }
    return Dots("Agreement with the truth", "Pearson r, −1–1 (more is better)", rows, width=420, left=170)


def about(config: dict[str, Any]) -> list[tuple[str, str]]:
    """What the model's config says in words: its `about` entries, lists joined."""
    entries = config.get("about") or {}
    if not isinstance(entries, dict):
        return [("about", str(entries))]
    return [(key.replace("_", " "), _words(value)) for key, value in entries.items() if value not in (None, "", [], {})]


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_words(item)}" for key, item in value.items())
    return ", ".join(map(_words, value)) if isinstance(value, list) else number(value)
