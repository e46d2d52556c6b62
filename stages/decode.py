"""Every recording as 25 fps video at analysis size and 16 kHz sound: data/decoded."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.media.decode import Decode
from faceloom.stage import run
from faceloom.store import load_clips, map_clips


def main() -> None:
    """Decode the catalog's clips."""
    settings = params.load()
    clips = load_clips(Path("data/catalog.parquet"), Path(settings.catalog.recordings))
    extractor = Decode(long_side=settings.decode.long_side, gap=settings.decode.gap)
    map_clips(extractor, clips, Path("data/decoded"), max_failed_fraction=settings.catalog.max_failed_fraction)


if __name__ == "__main__":
    run(main)
