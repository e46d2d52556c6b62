"""Pack what one task trains on into one file: `python stages/pack.py gesture`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from faceloom import params
from faceloom.stage import run
from faceloom.store import load_clips
from faceloom.tasks import packed_file, task_name


def pack_gesture(p: params.Params, task: str, out: Path) -> int:
    """Windows of the recordings that speak."""
    from faceloom.sequences import vocabulary

    data = import_module(f"faceloom.tasks.{task}.data")
    folders = {"tokens": Path("data/tokens"), "aligned": Path("data/aligned")}
    clips = load_clips(Path("data/catalog.parquet"), Path(p.catalog.recordings), folders, sidecars=("truth",))
    vocabularies = vocabulary.load(folders["tokens"] / "vocabulary.json")
    windows = {"length": p.pack.gesture.length, "overlap": p.pack.gesture.overlap}
    return int(data.pack(data.speakers(clips), vocabularies, out, **windows))


def pack_reaction(p: params.Params, task: str, out: Path) -> int:
    """Dyads, both directions of each."""
    pack, published = import_module(f"faceloom.tasks.{task}.pack"), import_module(f"faceloom.tasks.{task}.published")
    section, recordings = p.pack.reaction, Path(p.catalog.recordings)
    if section.published:
        return int(published.pack(Path(section.published), recordings, section, out))
    folders = {place: Path("data") / place for place in pack.places(section)}
    clips = load_clips(Path("data/catalog.parquet"), recordings, folders, sidecars=("truth",))
    return int(pack.pack(clips, recordings, section, out))


PACKS = {"gesture": pack_gesture, "reaction": pack_reaction}


def main() -> None:
    """Write data/packed/<task>.h5."""
    task = task_name(sys.argv, PACKS)
    rows = PACKS[task](params.load(), task, packed_file(task))
    print(f"{task}: {rows} rows packed")


if __name__ == "__main__":
    run(main)
