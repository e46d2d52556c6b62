"""What a person asks of `faceloom predict`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faceloom.errors import InputError
from faceloom.prediction import networks
from faceloom.prediction.inputs import Source, sources
from faceloom.prediction.observe import Observer
from faceloom.prediction.run import Outcome, Run, total


@dataclass(frozen=True)
class Request:
    """Files and models that have been found, and what to write about them."""

    sources: Sequence[Source]
    models: networks.Networks
    out: Path
    csv: bool
    pictures: bool
    cropped: bool
    min_size: float

    @classmethod
    def check(
        cls,
        paths: Sequence[Path],
        models: Path,
        names: Sequence[str],
        *,
        out: Path,
        csv: bool,
        pictures: bool,
        cropped: bool,
        min_size: float,
    ) -> Request:
        """Look for everything before anything is written; raises InputError for what is absent or unknown."""
        if not 0 < min_size < 1:
            raise InputError(f"--min-size: {min_size} is no share of a picture's side; use more than 0, less than 1.")
        if out.exists() and not out.is_dir():
            raise InputError(f"{out}: a file; name a folder for what is written.")
        found = sources(paths)
        if cropped and any(source.is_film for source in found):
            raise InputError("--cropped: only pictures can be faces already; leave the films out.")
        chosen = networks.load(models, names or networks.DEFAULT)
        return cls(found, chosen, out, csv, pictures, cropped, min_size)

    @property
    def table(self) -> Path:
        """The table that is written."""
        return self.out / ("faces.csv" if self.csv else "faces.parquet")

    def frames(self) -> int:
        """To come, for a progress bar."""
        return total(self.sources)

    def run(self, advance: Callable[[], object] = lambda: None) -> Outcome:
        """Do it; `advance` is called after each frame."""
        eyes = self.models.action_units is not None
        observer = Observer(self.models.framings, eyes=eyes, min_size=self.min_size)
        out = self.out if self.pictures else None
        return Run(self.models, observer, out, self.cropped, advance)(self.sources, self.table)
