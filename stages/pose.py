"""Head rotation and translation per frame."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.features.pose import Pose
from faceloom.features.videomae import extractor
from faceloom.stage import run
from faceloom.store import load_clips, map_clips
from faceloom.tasks.action_units.model import digest

CATALOG, DECODED, FACIAL = Path("data/catalog.parquet"), Path("data/decoded"), Path("data/facial")
MODEL, OUT = Path("models/action_units"), Path("data/pose")


def main() -> None:
    """Write data/pose, and in data/pose/videomae the features of VideoMAE where params name its weights."""
    p = params.load()
    recordings, allowed = Path(p.catalog.recordings), p.catalog.max_failed_fraction
    pose = Pose(model=MODEL.as_posix(), digest=digest(MODEL), long_side=p.decode.long_side)
    videomae = extractor(p.pose)

    clips = load_clips(CATALOG, recordings, {"facial": FACIAL}, sidecars=("openface", "truth"))
    map_clips(pose, clips, OUT, max_failed_fraction=allowed)
    if videomae is not None:
        clips = load_clips(CATALOG, recordings, {"decoded": DECODED})
        map_clips(videomae, clips, OUT / videomae.name, max_failed_fraction=allowed)


if __name__ == "__main__":
    run(main)
