"""Any metrics file as tables: nested numbers become rows and columns, whatever a task calls them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

LOWER: Final = ("rmse", "mae", "mse", "loss", "nme", "error", "px", "distance", "failed")
HIGHER: Final = ("accuracy", "pcc", "ccc", "f1", "pearson", "iou", "agreement", "auc")
NAMES: Final = {
    "rmse": "RMSE",
    "mae": "MAE",
    "mse": "MSE",
    "nme": "NME",
    "pcc": "Pearson r",
    "pearson": "Pearson r",
    "ccc": "CCC",
    "inner51": "51 inner landmarks",
    "landmarks51": "51 inner landmarks",
    "jaw17": "17 landmarks of the jaw",
    "keypoints15": "15 keypoints",
    "degrees": "in degrees",
    "pixels": "in pixels",
}
WIDE: Final = 8
"""A table with more columns than this is turned on its side: phones scroll down, not across."""


@dataclass(frozen=True)
class Cell:
    """A value as text, and how it stands out."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of a name and cells under `columns`."""

    title: str
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]
    styles: dict[str, str] = field(default_factory=dict)


def tables(content: dict[str, Any], title: str = "") -> list[Table]:
    """Tables of a nested mapping, scalars first, then each group of equal mappings as one table."""
    scalars = {name: value for name, value in content.items() if not isinstance(value, dict | list)}
    groups = {name: value for name, value in content.items() if isinstance(value, dict) and value}
    flat = {name: value for name, value in groups.items() if not any(isinstance(item, dict) for item in value.values())}
    found = [Table(title, ["value"], [(pretty(name), [cell(value)]) for name, value in scalars.items()])]
    if len(flat) > 1 and _alike(flat):
        found.append(matrix(flat, title))
    else:
        for name, value in flat.items():
            found += tables(value, _joined(title, name))
    for name, value in groups.items():
        if name not in flat:
            found += tables(value, _joined(title, name))
    return [table for table in found if table.rows]


def _alike(groups: dict[str, dict[str, Any]]) -> bool:
    """Whether the mappings share at least half of their keys: else one table would be mostly empty."""
    keys = [set(group) for group in groups.values()]
    return 2 * len(set.intersection(*keys)) >= len(set.union(*keys))


def matrix(groups: dict[str, dict[str, Any]], title: str) -> Table:
    """One row a mapping, one column a key; turned on its side where it would be wide."""
    columns = list(dict.fromkeys(name for group in groups.values() for name in group))
    if len(columns) > WIDE and len(columns) > len(groups):
        return matrix({name: {key: group.get(name) for key, group in groups.items()} for name in columns}, title)
    rows = [(pretty(name), [cell(group.get(column)) for column in columns]) for name, group in groups.items()]
    return Table(title, [pretty(column) for column in columns], rows)


def cell(value: Any) -> Cell:
    """A number to three significant digits, else its text."""
    return Cell(number(value))


def number(value: Any) -> str:
    """Text of a scalar: booleans as yes and no, integers whole, None as a dash."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        text = f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
        return text.replace("-", "−")
    return str(value)


def pretty(name: str) -> str:
    """A key as people write it."""
    return " ".join(NAMES.get(word, word) for word in name.split("_"))


def direction(metric: str) -> int:
    """1 where more is better, -1 where less is, 0 where it is not known from the metric's name."""
    words = metric.lower().replace("-", "_").split("_")
    if any(word in LOWER for word in words):
        return -1
    return 1 if any(word in HIGHER for word in words) or words == ["r"] else 0


def _joined(title: str, name: str) -> str:
    return f"{title}, {pretty(name)}" if title else pretty(name)
