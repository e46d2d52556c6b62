"""Which kind of data set a path holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from faceloom.errors import InputError
from faceloom.facs import EXPRESSIONS
from faceloom.stills.faces import Faces, Skips
from faceloom.stills.folder import open_folder
from faceloom.stills.tables import open_table


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

    @property
    def side(self) -> int:
        """Of its pictures, pixels."""

    def chunks(self, skips: Skips) -> Iterator[Faces]:
        """Its faces; what cannot be read is counted in `skips`."""


def open_source(data: Path, side: int, margin: float) -> Source:
    """The data set at a path, known by its layout or its header.

    Args:
        data: The studio's stills, a folder of class folders, or a CSV (.csv, .gz or .zip).
        side: What pictures are scaled to where the data set leaves a choice.
        margin: Of the crops of the studio's stills.

    Raises:
        InputError: nothing there, or nothing known.
    """
    if not data.exists():
        raise InputError(f"{data}: no such file or folder; run `dvc repro studio`, or name your data set in `stills`.")
    if data.is_file():
        return open_table(data)
    if (data / "index.parquet").is_file():
        from faceloom.stills.studio import Studio  # it needs the landmark networks' package

        return Studio(data, side, margin)
    if folder := open_folder(data, side):
        return folder
    raise InputError(
        f"{data}: neither the studio's stills nor folders named after classes ({', '.join(EXPRESSIONS)}); "
        "name the data set's CSV, or rename the folders."
    )
