"""Find, track and crop the faces of the decoded clips."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.faces.extract import Faces
from faceloom.stage import run
from faceloom.store import load_clips, map_clips

CATALOG, DECODED, OUT = Path("data/catalog.parquet"), Path("data/decoded"), Path("data/faces")


def main() -> None:
    """Write data/faces."""
    p = params.load()
    clips = load_clips(CATALOG, Path(p.catalog.recordings), {"decoded": DECODED})
    map_clips(Faces(**p.faces.model_dump()), clips, OUT, max_failed_fraction=p.catalog.max_failed_fraction)


if __name__ == "__main__":
    run(main)
