"""The stretch of a clip that is worth showing, and its rows of any table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from faceloom.store import Clip

    Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """The frames of a clip that are shown: start..stop-1."""

    clip: Clip
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def column(self, table: str, name: str) -> list[Any]:
        """A column's values within the stretch, None where the table or the column is absent."""
        values = [value for chunk in self._chunks(table, name) for value in chunk.to_pylist()]
        return values or [None] * len(self)

    def numbers(self, table: str, names: Sequence[str]) -> Values:
        """Numeric or boolean columns as (frames, columns), NaN where anything is absent."""
        return np.array([self.column(table, name) for name in names], dtype=float).T

    def _chunks(self, table: str, name: str) -> Iterator[pa.ChunkedArray]:
        """Row group by row group, so that memory does not grow with the clip."""
        if table not in self.clip.tables:
            return
        seen = 0
        for chunk in self.clip.tables[table].chunks([name]):
            if name in chunk.column_names and seen < self.stop:
                yield chunk[name].slice(max(self.start - seen, 0), max(self.stop - max(seen, self.start), 0))
            seen += len(chunk)


def liveliest(clip: Clip, length: int) -> Stretch:
    """The `length` frames (or all, if there are fewer) with the most faces first and voice second."""
    whole = Stretch(clip, 0, clip.n_frames)
    face, voice = (np.nan_to_num(whole.numbers(*of)[:, 0]) for of in (("faces", ["is_face"]), ("audio", ["is_voiced"])))
    length = min(length, clip.n_frames)
    total = np.concatenate([[0.0], np.cumsum(2 * face + voice)])
    start = int(np.argmax(total[length:] - total[: len(total) - length]))
    return Stretch(clip, start, start + length)
