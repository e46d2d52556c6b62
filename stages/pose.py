"""Head rotation and translation per frame."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.features.facial import SIDECARS
from faceloom.features.pose import Pose
from faceloom.features.videomae import extractor
from faceloom.stage import run
from faceloom.store import load_clips, map_clips
from faceloom.tasks.action_units.model import digest

CATALOG, DECODED, FACIAL, MODEL, OUT = (
    Path(p) for p in ("data/catalog.parquet", "data/decoded", "data/facial", "models/action_units", "data/pose")
)


def main() -> None:
    """Write data/pose, and data/pose/videomae where the params name its weights."""
    p = params.load()
    videomae = extractor(p.pose)
    clips = load_clips(CATALOG, Path(p.catalog.recordings), {"facial": FACIAL}, sidecars=SIDECARS[p.facial.source])
    pose = Pose(model=MODEL.as_posix(), digest=digest(MODEL), long_side=p.decode.long_side)
    map_clips(pose, clips, OUT, max_failed_fraction=p.catalog.max_failed_fraction)
    if videomae:
        decoded = load_clips(CATALOG, Path(p.catalog.recordings), {"decoded": DECODED})
        map_clips(videomae, decoded, OUT / videomae.name, max_failed_fraction=p.catalog.max_failed_fraction)


if __name__ == "__main__":
    run(main)
