"""The merged table: speech, face and pose of one clip, row by row on the 25 fps grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv

from faceloom.errors import InputError
from faceloom.facs import AU_COLUMNS
from faceloom.store import Clip, write_table

FPS: Final = 25
WINDOW: Final = 256
"""Rows held at a time: memory does not grow with the clip."""

SOURCES: Final = ("facial", "pose", "audio")
"""Tables that are merged; where two have a column of one name (`is_face`, `confidence`), the first counts."""

CSV_COLUMNS: Final = (
    ("F0raw", "F0final"),
    tuple(f"mfcc[{k}]" for k in range(15)),
    ("jitterLocal", "shimmerLocal", "HNR"),
    AU_COLUMNS,
)
"""Columns of reference 1's merged CSV, after timestamp and face_id."""


@dataclass(frozen=True)
class Align:
    """Extractor: one scalar table per clip (contracts.md, `data/aligned`)."""

    name: ClassVar[str] = "align"
    version: ClassVar[int] = 1

    def setup(self, device: str) -> None:
        """Nothing to load."""

    def __call__(self, clip: Clip, out: Path) -> dict[str, Any]:
        """Merge the clip's tables; raises InputError where they do not have the clip's number of rows."""
        faces = voiced = 0

        def rows() -> Iterator[pa.Table]:
            nonlocal faces, voiced
            for table in merge([clip.tables[name].chunks() for name in SOURCES], clip.clip):
                faces += pa.compute.sum(table["is_face"]).as_py() or 0
                voiced += pa.compute.sum(table["is_voiced"]).as_py() or 0
                yield table

        n_rows = write_table(out / "table.parquet", rows())
        if n_rows != clip.n_frames:
            raise InputError(
                f"{clip.clip}: {n_rows} aligned rows for {clip.n_frames} frames; "
                "an earlier stage is stale, run `dvc repro -f facial pose audio`."
            )
        return {"face_frames": faces, "voiced_frames": voiced}


def merge(streams: Sequence[Iterable[pa.Table]], clip: str = "") -> Iterator[pa.Table]:
    """Join tables of equal rows side by side: `frame`, `time` (s), then every scalar column of each.

    Args:
        streams: Per source, its windows in order; the sources may cut their windows differently.
        clip: Name for the error.

    Raises:
        InputError: the sources disagree about the frames.
    """
    for parts in zip(*(rechunk(stream) for stream in streams), strict=False):
        frame = parts[0]["frame"]
        if any(not part["frame"].equals(frame) for part in parts[1:]):
            raise InputError(f"{clip}: speech, face and pose have different frames; run `dvc repro` from decode on.")
        columns = {"frame": frame, "time": pa.array(np.asarray(frame) / FPS)}
        for part in parts:
            scalars = {name: part[name] for name in part.column_names if name != "clip" and _scalar(part, name)}
            columns = {**columns, **{name: column for name, column in scalars.items() if name not in columns}}
        yield pa.table(columns)


def _scalar(table: pa.Table, name: str) -> bool:
    kind = table.schema.field(name).type
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind))


def rechunk(chunks: Iterable[pa.Table], rows: int = WINDOW) -> Iterator[pa.Table]:
    """The same rows in windows of `rows` (the last may be shorter)."""
    held: pa.Table | None = None
    for chunk in chunks:
        held = chunk if held is None else pa.concat_tables([held, chunk])
        while len(held) >= rows:
            yield held.slice(0, rows).combine_chunks()
            held = held.slice(rows)
    if held is not None and len(held):
        yield held.combine_chunks()


def write_csv(path: Path, chunks: Iterable[pa.Table], face_id: int = 0) -> None:
    """Write an aligned clip as reference 1's merged CSV: `;`-separated, one row a frame, empty where unknown.

    Args:
        path: Target.
        chunks: The aligned table, window by window.
        face_id: Number of the face, as OpenFace counts them; -1 is written where there is no face.
    """
    options = pa.csv.WriteOptions(include_header=False, delimiter=";", quoting_style="none")
    with path.open("wb") as file:
        for k, chunk in enumerate(chunks):
            table = csv_table(chunk, face_id)
            if not k:  # pyarrow would put its header in quotes
                file.write((";".join(table.column_names) + "\n").encode())
            pa.csv.write_csv(table, file, options)


def csv_table(table: pa.Table, face_id: int = 0) -> pa.Table:
    """Reference 1's columns of an aligned table."""
    columns: Mapping[str, Any] = {
        "timestamp": table["time"],
        "face_id": np.where(np.asarray(table["is_face"]), face_id, -1).astype(np.int32),
    }
    known = {name: _null_for_nan(table[name]) for group in CSV_COLUMNS for name in group if name in table.column_names}
    return pa.table({**columns, **known})


def _null_for_nan(column: pa.ChunkedArray) -> pa.Array:
    return pa.array(np.asarray(column.combine_chunks(), np.float64), from_pandas=True)
