"""Files of the REACT challenge as they are: lists of pairs, and a table of 25 attributes for a recording."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.facs import REACT_ATTRIBUTES
from faceloom.tasks.reaction.data import SPLITS

VIDEOS: Final = "Video_files"
EMOTION: Final = "Emotion"
Floats = NDArray[np.float32]


def attribute_file(recordings: Path, clip: str) -> Path | None:
    """The attribute table of a clip in the challenge's layout, `<split>/Emotion/..` for `<split>/Video_files/..`."""
    parts = PurePosixPath(clip).with_suffix(".csv").parts
    if VIDEOS not in parts:
        return None
    path = recordings.joinpath(*(EMOTION if part == VIDEOS else part for part in parts))
    return path if path.is_file() else None


def read_attributes(path: Path) -> Floats:
    """Attributes (rows, 25) of a table with a header, in the order of `facs.REACT_ATTRIBUTES`; NaN where empty.

    Columns are found by name (`AU1`, `AU01` and `AU01_r` are one, case does not count); 25 columns with other names
    are taken in the challenge's order.

    Raises:
        InputError: no table, a missing column, no header, or text among the numbers.
    """
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a CSV table ({error}); it needs a header and 25 columns.") from None
    names = [_name(str(column)) for column in table.columns]
    if all(re.fullmatch(r"-?[\d.e+-]+", name) for name in names):
        raise InputError(f"{path}: its first row is numbers; put the names of the 25 attributes above them.")
    missing = [name for name in REACT_ATTRIBUTES if name not in names]
    if not missing:
        table = table.iloc[:, [names.index(name) for name in REACT_ATTRIBUTES]]
    elif len(missing) < len(REACT_ATTRIBUTES) or len(names) != len(REACT_ATTRIBUTES):
        raise InputError(
            f"{path}: column `{missing[0]}` is missing ({len(names)} columns); it needs the 25 attributes of REACT."
        )
    numbers = table.apply(pd.to_numeric, errors="coerce")
    if (text := numbers.isna() & table.notna()).to_numpy().any():
        row = int(text.any(axis=1).to_numpy().argmax())
        raise InputError(f"{path}: row {row + 2} holds something that is no number; correct it.")
    values: Floats = numbers.to_numpy(np.float32)
    return values


def _name(column: str) -> str:
    """A column's name as `facs` writes it, where it is one of the 25."""
    lower = column.strip().lower()
    unit = re.fullmatch(r"au0?(\d+)(?:_[rc])?", lower)
    return f"AU{int(unit[1]):02d}" if unit else {"happiness": "happy", "sadness": "sad"}.get(lower, lower)


def read_lists(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Pairs of names by split of `<split>_idx.csv` (no header), or the baseline's `<split>.csv` (with one).

    The last two cells of a row name the pair's recordings below `<split>/Video_files`, with or without extension.

    Raises:
        InputError: no list in the folder, or a row that does not name two recordings.
    """
    found = {split: path for split in SPLITS if (path := _list_file(folder, split))}
    if not found:
        raise InputError(f"{folder}: holds no train_idx.csv, val_idx.csv or test_idx.csv; correct pack.reaction.lists.")
    return {split: read_list(path) for split, path in found.items()}


def _list_file(folder: Path, split: str) -> Path | None:
    return next((path for name in (f"{split}_idx.csv", f"{split}.csv") if (path := folder / name).is_file()), None)


def read_list(path: Path) -> list[tuple[str, str]]:
    """Pairs of names; raises InputError as `read_lists` does."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if any(cell.strip() for cell in row)]
    if rows and not any("/" in cell for cell in rows[0]):  # the baseline's lists have a header
        rows = rows[1:]
    pairs = []
    for k, row in enumerate(rows):
        pair = tuple(_stem(cell) for cell in row[-2:])
        if len(pair) != 2 or not all("/" in name for name in pair):
            raise InputError(f"{path}: row {k + 1} does not name two recordings; it needs two paths as its last cells.")
        pairs.append((pair[0], pair[1]))
    return pairs


def names(clips: Iterable[str]) -> dict[str, str]:
    """Clips by `<split>/<path below Video_files without extension>`, which the lists use."""
    found = {}
    for clip in clips:
        parts = PurePosixPath(clip).parts
        if VIDEOS in parts and parts.index(VIDEOS) > 0:
            at = parts.index(VIDEOS)
            found["/".join((parts[at - 1], _stem("/".join(parts[at + 1 :]))))] = clip
    return found


def _stem(cell: str) -> str:
    name = cell.strip().replace("\\", "/").removeprefix("./")
    return re.sub(r"\.(mp4|avi|mov|mkv|csv|wav|npy)$", "", name, flags=re.IGNORECASE)
