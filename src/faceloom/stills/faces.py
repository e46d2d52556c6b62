"""What readers give: chunks of faces, and an account of the rows that they left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError

CHUNK: Final = 512
"""Faces in memory at a time."""

FIRST_ROWS: Final = 3
"""Rows that a message names."""


@dataclass(frozen=True)
class Faces:
    """A chunk of N faces.

    `images` (N, S, S) grey; `points` (N, 15, 2) in pixels, NaN where unknown, or `labels` (N,), an index into the
    source's classes; `person` (N,), -1 where unknown; `usage` (N,), an index into `packed.SPLITS`, -1 where the source
    does not say.
    """

    images: npt.NDArray[np.uint8]
    points: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int16]
    person: npt.NDArray[np.int32]
    usage: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> Faces:
        """The faces that an index or a boolean array chooses."""
        return Faces(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def faces(images: npt.NDArray[np.uint8], **known: npt.NDArray[Any]) -> Faces:
    """Faces of which some fields are known; labels that are not are 0."""
    n = len(images)
    unknown: dict[str, npt.NDArray[Any]] = {
        "points": np.zeros((n, 0, 2), np.float32),
        "labels": np.zeros(n, np.int16),
        "person": np.full(n, -1, np.int32),
        "usage": np.full(n, -1, np.int8),
    }
    return Faces(images, **{name: known.get(name, value).astype(value.dtype) for name, value in unknown.items()})


@dataclass
class Skips:
    """Rows left out: faults of the data, and rows that the task has no use for."""

    name: str
    faults: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)

    def fault(self, reason: str, place: str) -> None:
        """Count a row that cannot be read; `place` names it for people (`row 7`, a file's name)."""
        self.faults[reason] += 1
        places = self.places.setdefault(reason, [])
        if len(places) < FIRST_ROWS:
            places.append(place)

    def leave(self, reason: str, count: int) -> None:
        """Count rows that are sound but of no use."""
        if count:
            self.unused[reason] += count

    def counts(self) -> dict[str, int]:
        """Rows by reason, in alphabetical order."""
        return dict(sorted((self.faults + self.unused).items()))

    def messages(self) -> list[str]:
        """A line for each reason; faults name the file and the first rows."""
        faults = [f"{self.name}: {n} left out, {why} ({self._first(why)})" for why, n in sorted(self.faults.items())]
        return faults + [f"{self.name}: {n} left out, {why}" for why, n in sorted(self.unused.items())]

    def check(self, usable: int, max_fraction: float) -> None:
        """Raise InputError where no row is usable or the share of faults is above `max_fraction`."""
        bad = self.faults.total()
        worst = max(self.faults, key=lambda why: self.faults[why], default="")
        example = f"; most often: {worst} ({self._first(worst)})" if worst else ""
        if not usable:
            left = f"{bad + self.unused.total()} rows, all left out{example}" if self.counts() else "no rows"
            raise InputError(f"{self.name}: no usable face ({left}); check that this is the data set you meant.")
        if bad > max_fraction * (usable + bad + self.unused.total()):
            raise InputError(
                f"{self.name}: {bad} rows cannot be read{example}; mend the file or raise max_bad_fraction."
            )

    def _first(self, reason: str) -> str:
        more = ", ..." if self.faults[reason] > FIRST_ROWS else ""
        return ", ".join(self.places[reason]) + more
