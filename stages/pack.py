"""Pack what one task trains on into one file: `python stages/pack.py gesture`."""

from __future__ import annotations

import sys
from pathlib import Path

from faceloom import params
from faceloom.stage import run
from faceloom.tasks import packed_file, task_name


def pack_gesture(p: params.Params, out: Path) -> int:
    """Windows of the recordings that speak."""
    from faceloom.sequences import vocabulary
    from faceloom.store import load_clips
    from faceloom.tasks.gesture.data import pack, speakers

    folders = {"tokens": Path("data/tokens"), "aligned": Path("data/aligned")}
    clips = load_clips(Path("data/catalog.parquet"), Path(p.catalog.recordings), folders, sidecars=("truth",))
    vocabularies = vocabulary.load(folders["tokens"] / "vocabulary.json")
    return pack(speakers(clips), vocabularies, out, length=p.pack.gesture.length, overlap=p.pack.gesture.overlap)


def pack_reaction(p: params.Params, out: Path) -> int:
    """Dyads, both directions of each."""
    from faceloom.store import load_clips
    from faceloom.tasks.reaction import features
    from faceloom.tasks.reaction.pack import pack

    settings, recordings = p.pack.reaction, Path(p.catalog.recordings)
    folders = {name: Path("data") / name for name in features.places(settings.features)}
    clips = load_clips(Path("data/catalog.parquet"), recordings, folders, sidecars=("truth",))
    return pack(clips, recordings, settings, out)


PACKS = {"gesture": pack_gesture, "reaction": pack_reaction}


def main() -> None:
    """Write data/packed/<task>.h5."""
    task = task_name(sys.argv, PACKS)
    rows = PACKS[task](params.load(), packed_file(task))
    print(f"{task}: {rows} rows packed")


if __name__ == "__main__":
    run(main)
