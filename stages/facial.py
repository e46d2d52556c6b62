"""Action units, valence and arousal, expressions and landmarks per frame."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.features.facial import SIDECARS, Facial
from faceloom.features.weights import extractors
from faceloom.stage import run
from faceloom.store import load_clips, map_clips
from faceloom.tasks.action_units.model import digest

CATALOG, FACES = Path("data/catalog.parquet"), Path("data/faces")
MODEL, OUT = Path("models/action_units"), Path("data/facial")


def main() -> None:
    """Write data/facial, and in data/facial/<network> the features of each network whose weights params name."""
    p = params.load()
    recordings, allowed = Path(p.catalog.recordings), p.catalog.max_failed_fraction
    facial = Facial(
        source=p.facial.source,
        relative_to_neutral=p.facial.relative_to_neutral,
        model=MODEL.as_posix(),
        digest=digest(MODEL),
        long_side=p.decode.long_side,
    )
    brought = extractors(p.facial)  # missing weights are said before hours of work, not after

    clips = load_clips(CATALOG, recordings, {"faces": FACES}, sidecars=SIDECARS[p.facial.source])
    map_clips(facial, clips, OUT, max_failed_fraction=allowed)
    for network in brought:
        clips = load_clips(CATALOG, recordings, {"faces": FACES})
        map_clips(network, clips, OUT / network.name, max_failed_fraction=allowed)


if __name__ == "__main__":
    run(main)
