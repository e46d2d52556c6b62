"""Merge speech, face and pose into one table per clip."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.sequences.align import Align, write_csv
from faceloom.stage import run
from faceloom.store import load_clips, map_clips, slug

CATALOG, OUT = Path("data/catalog.parquet"), Path("data/aligned")
SOURCES = {"audio": Path("data/audio/frames"), "facial": Path("data/facial"), "pose": Path("data/pose")}


def main() -> None:
    """Write data/aligned, and its CSV export where params ask for it."""
    p = params.load()
    recordings = Path(p.catalog.recordings)
    clips = load_clips(CATALOG, recordings, SOURCES)
    map_clips(Align(), clips, OUT, max_failed_fraction=p.catalog.max_failed_fraction)
    if p.align.csv:
        (OUT / "csv").mkdir()
        for clip in load_clips(CATALOG, recordings, {"aligned": OUT}):
            write_csv(OUT / "csv" / f"{slug(clip.clip)}.csv", clip.tables["aligned"].chunks())


if __name__ == "__main__":
    run(main)
