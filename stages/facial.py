"""Action units, valence and arousal, expressions and landmarks per frame."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.features.facial import SIDECARS, Facial
from faceloom.features.weights import extractors
from faceloom.stage import run
from faceloom.store import load_clips, map_clips
from faceloom.tasks.action_units.model import digest

CATALOG, FACES, MODEL, OUT = (
    Path(p) for p in ("data/catalog.parquet", "data/faces", "models/action_units", "data/facial")
)


def main() -> None:
    """Write data/facial, and below it a folder for each network whose weights the params name."""
    p = params.load()
    brought = extractors(p.facial)
    clips = load_clips(CATALOG, Path(p.catalog.recordings), {"faces": FACES}, sidecars=SIDECARS[p.facial.source])
    facial = Facial(
        source=p.facial.source,
        relative_to_neutral=p.facial.relative_to_neutral,
        model=MODEL.as_posix(),
        digest=digest(MODEL),
        long_side=p.decode.long_side,
    )
    map_clips(facial, clips, OUT, max_failed_fraction=p.catalog.max_failed_fraction)
    for extractor in brought:
        map_clips(extractor, clips, OUT / extractor.name, max_failed_fraction=p.catalog.max_failed_fraction)


if __name__ == "__main__":
    run(main)
