"""The table of predictions: one row a face, written window by window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from faceloom.prediction.networks import Columns, Networks
from faceloom.prediction.observe import Seen

PLACE: Final = (
    ("source", pa.string()),
    ("frame", pa.int32()),
    ("time", pa.float64()),
    ("face", pa.int32()),
    *((name, pa.float32()) for name in ("x", "y", "w", "h", "confidence")),
)
TYPES: Final = {str: pa.string(), np.int8: pa.int8(), np.float32: pa.float32()}


class Where(NamedTuple):
    """What a picture is: its file, its number in a film (0 for a picture) and its time there (None)."""

    source: str
    frame: int = 0
    time: float | None = None


def schema(networks: Networks) -> pa.Schema:
    """Of the table that these models fill."""
    return pa.schema([*PLACE, *((name, TYPES[kind]) for name, kind in networks.names())])


def rows(where: Sequence[Where], seen: Sequence[Seen], columns: Columns, names: pa.Schema) -> pa.Table:
    """A row for each face: where it is and what the models say about it."""
    place: dict[str, Any] = {name: [getattr(one, name) for one in where] for name in ("source", "frame", "time")}
    place["face"] = [one.face for one in seen]
    place |= {name: [getattr(one.box, name) for one in seen] for name in ("x", "y", "w", "h")}
    place["confidence"] = [one.confidence for one in seen]
    values = {**place, **columns}
    return pa.table([pa.array(values[entry.name], entry.type) for entry in names], names)


class TableWriter:
    """Writes `.parquet` or `.csv`; the file appears when the block ends well, and nothing stays when it does not."""

    def __init__(self, path: Path, names: pa.Schema) -> None:
        self._path, self._partial = path, path.with_name(f"{path.name}.partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = pa_csv.CSVWriter if path.suffix == ".csv" else pq.ParquetWriter
        self._writer = kind(str(self._partial), names)

    def write(self, table: pa.Table) -> None:
        """Append rows."""
        if len(table):
            self._writer.write_table(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        if kind is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)
