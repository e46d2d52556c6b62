"""Extractor of the 10 ms rows: ComParE_2016's 65 low-level descriptors and the prosody tracks behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa

from faceloom.features.audio import opensmile
from faceloom.features.audio.prosody import COLUMNS
from faceloom.features.audio.sound import blocks_of
from faceloom.store import Clip, write_table

CHUNK: Final = 2_000
"""Rows a row group, 20 s."""


@dataclass(frozen=True)
class Descriptors:
    """One row per 10 ms: `time` (start of the window, s), the tracks of `prosody.COLUMNS`, the 65 descriptors.

    A clip without audio has no rows.
    """

    name: ClassVar[str] = "audio-lld"
    version: ClassVar[int] = 1
    names: tuple[str, ...] = field(default=(), init=False)

    def setup(self, device: str) -> None:  # noqa: ARG002 - runs on the CPU
        """Ask openSMILE for its names once per worker."""
        object.__setattr__(self, "names", tuple(opensmile.descriptor_names()))

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        """Write the rows; the summary says how many there are."""
        return {"lld_rows": write_table(out / "table.parquet", self._chunks(clip))}

    def _chunks(self, clip: Clip) -> Iterator[pa.Table]:
        start, waiting, count = 0, [self._nothing()], 0
        for prosody, descriptors in self._rows(clip):
            waiting.append(np.hstack([prosody, descriptors]))
            count += len(prosody)
            if count >= CHUNK:
                yield self._table(start, np.vstack(waiting))
                start, waiting, count = start + count, [self._nothing()], 0
        if count or not start:
            yield self._table(start, np.vstack(waiting))

    def _rows(self, clip: Clip) -> Iterator[tuple[opensmile.Rows, opensmile.Rows]]:
        blocks = blocks_of(clip)
        first = next(blocks, None)
        if first is not None:
            yield from opensmile.stream(_chain(first, blocks))

    def _nothing(self) -> opensmile.Rows:
        return np.empty((0, len(COLUMNS) + len(self.names)), np.float32)

    def _table(self, start: int, rows: opensmile.Rows) -> pa.Table:
        time = (start + np.arange(len(rows))) * opensmile.HOP
        columns = dict(zip([*COLUMNS, *self.names], rows.T, strict=True))
        return pa.table(
            {"time": time.astype(np.float32), **{name: np.ascontiguousarray(v) for name, v in columns.items()}}
        )


def _chain(first: opensmile.Block, rest: Iterator[opensmile.Block]) -> Iterator[opensmile.Block]:
    yield first
    yield from rest
