"""Tables beside recordings: OpenFace CSVs, known by their header, and the studio's truth."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from faceloom.errors import InputError

TRUTH: Final = ".truth.parquet"
_INTENSITY: Final = re.compile(r"AU\d\d_r")


@dataclass(frozen=True)
class Span:
    """Time that a CSV covers, seconds from the recording's first frame, and its measured rate."""

    seconds: float
    rows: int
    fps: float


def openface_columns(path: Path) -> list[str] | None:
    """The header as written if the file is an OpenFace CSV (it has AU intensities), else None.

    OpenFace 2 puts a space after each comma; later tools do not.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            header = next(csv.reader([file.readline(1 << 16)]), [])
    except OSError:
        return None
    return header if any(_INTENSITY.fullmatch(name.strip()) for name in header) else None


def openface_span(path: Path) -> Span:
    """Read the times of an OpenFace CSV; rows of several faces share theirs, and a cut last line is left out.

    Raises:
        InputError: no `timestamp` column, no numbers in it, or times that do not advance.
    """
    columns = openface_columns(path) or []
    stamp = next((name for name in columns if name.strip() == "timestamp"), None)
    if stamp is None:
        raise InputError(f"{path.name}: an OpenFace CSV without a `timestamp` column; export it again with it.")
    try:
        table = pc.read_csv(
            path,
            parse_options=pc.ParseOptions(invalid_row_handler=lambda _: "skip"),
            convert_options=pc.ConvertOptions(include_columns=[stamp], column_types={stamp: "float64"}),
        )
    except (pa.ArrowException, OSError) as error:
        what = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path.name}: not a readable OpenFace CSV ({what}); export it again.") from None
    times = np.unique(table[stamp].drop_null().to_numpy())
    times = times[np.isfinite(times)]
    if len(times) < 2:
        raise InputError(f"{path.name}: its timestamps do not advance; export it again from the recording.")
    step = float(np.median(np.diff(times)))
    return Span(float(times[-1]) + step, len(times), round((len(times) - 1) / float(times[-1] - times[0]), 3))


def match(tables: Sequence[str], clips: Mapping[str, tuple[bool, float]], spans: Mapping[str, float]) -> dict[str, str]:
    """The clip that each table belongs to: `x.mp4.csv` to `x.mp4`, else `x.csv` to the clip of that stem beside it.

    Of several with one stem it belongs to one: those with pictures before sound alone, then the one whose length is
    nearest to the table's, then the first by name.

    Args:
        tables: Ids of the tables, like clip ids.
        clips: Whether each clip has pictures, and its length in seconds.
        spans: Length of each table in seconds.
    """
    found = {table: str(own) for table in tables if str(own := PurePosixPath(table).with_suffix("")) in clips}
    for table in tables:
        same = [clip for clip in clips if _stem(clip) == _stem(table) and clip not in found.values()]
        if table not in found and same:
            found[table] = min(same, key=lambda clip: (not clips[clip][0], abs(clips[clip][1] - spans[table]), clip))
    return found


def _stem(name: str) -> PurePosixPath:
    return PurePosixPath(name).with_suffix("")


def rivals(owners: Mapping[str, str], clips: Sequence[str]) -> list[tuple[str, str, str]]:
    """(clip, the clip that got it, table) for each of `clips` (with pictures) whose table went to one of its stem."""
    stems = {_stem(owner): (owner, table) for table, owner in sorted(owners.items())}
    without = [clip for clip in clips if clip not in owners.values() and _stem(clip) in stems]
    return [(clip, *stems[_stem(clip)]) for clip in without]
