"""Head rotation and translation per frame."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.features.facial import SIDECARS
from faceloom.features.pose import Pose
from faceloom.stage import run
from faceloom.store import load_clips, map_clips
from faceloom.tasks.action_units.model import digest

CATALOG, FACIAL, MODEL, OUT = (
    Path(p) for p in ("data/catalog.parquet", "data/facial", "models/action_units", "data/pose")
)


def main() -> None:
    """Write data/pose."""
    p = params.load()
    clips = load_clips(CATALOG, Path(p.catalog.recordings), {"facial": FACIAL}, sidecars=SIDECARS[p.facial.source])
    pose = Pose(model=MODEL.as_posix(), digest=digest(MODEL), long_side=p.decode.long_side)
    map_clips(pose, clips, OUT, max_failed_fraction=p.catalog.max_failed_fraction)


if __name__ == "__main__":
    run(main)
