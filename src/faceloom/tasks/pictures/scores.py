"""Writing what an evaluation found: flat JSON, tables, sheets of faces."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceloom.stills.contact_sheet import sheet, write
from faceloom.stills.packed import Packed

Scores = dict[str, Any]

SHOWN, COLUMNS = 24, 8
"""Faces on a sheet, and in a row of it."""

DIGITS: Final = 6


def held_out(packed: Packed) -> tuple[str, NDArray[np.intp]]:
    """The split that is scored and its rows: test, or of a data set too small for one, validation or else training."""
    for code, name in ((2, "test"), (1, "val"), (0, "train")):
        if len(rows := np.flatnonzero(packed.split == code)):
            return name, rows
    raise AssertionError("a packed file has faces")


def write_json(path: Path, scores: Mapping[str, Any]) -> None:
    """Numbers to six digits, so that equal runs are equal text; JSON has no NaN, so null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({name: _plain(value) for name, value in scores.items()}, indent=2) + "\n")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """A CSV with six digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, lineterminator="\n", float_format=f"%.{DIGITS}g")


def write_extremes(folder: Path, faces: Packed, table: pd.DataFrame, error: NDArray[np.floating]) -> None:
    """`best.csv` and `worst.csv`, rows of `table`, and their faces in that order as `best.png` and `worst.png`.

    Args:
        folder: Where.
        faces: What was scored, with the points that are to be drawn.
        table: A row per face.
        error: Of each face; less is better, NaN is left out.
    """
    order = np.argsort(error, kind="stable")
    order = order[np.isfinite(error[order])]
    for name, rows in (("best", order[:SHOWN]), ("worst", order[::-1][:SHOWN])):
        write_table(folder / f"{name}.csv", table.iloc[rows])
        if len(rows):
            write(folder / f"{name}.png", sheet(faces[rows], COLUMNS))


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
