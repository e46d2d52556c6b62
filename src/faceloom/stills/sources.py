"""Which kind of data set a path holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from faceloom.errors import InputError
from faceloom.stills.faces import Faces, Skips


class Source(Protocol):
    """A data set of faces that can be read in chunks."""

    @property
    def name(self) -> str:
        """Kind of data set."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of its labels; empty without labels."""

    @property
    def has_points(self) -> bool:
        """Whether it has the 15 points."""

    def chunks(self, size: int, skips: Skips) -> Iterator[Faces]:
        """Faces of `size` pixels; what cannot be read is counted in `skips`."""


def open_source(data: Path, margin: float) -> Source:
    """The data set at a path, known by its layout or its header.

    Args:
        data: The studio's stills, a folder of class folders, or a CSV (.csv, .gz or .zip).
        margin: Of the crops of the studio's stills.

    Raises:
        InputError: nothing there, or nothing known.
    """
    if (data / "index.parquet").is_file():
        from faceloom.stills.studio import Studio

        return Studio(data, margin)
    if not data.exists():
        raise InputError(f"{data}: no such file or folder; run `dvc repro studio`, or name your data set in `stills`.")
    raise InputError(
        f"{data}: neither the studio's stills nor a folder of class folders nor a CSV; see `stills` in params.yaml."
    )
