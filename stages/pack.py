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


PACKS = {"gesture": pack_gesture}


def main() -> None:
    """Write data/packed/<task>.h5."""
    task = task_name(sys.argv, PACKS)
    rows = PACKS[task](params.load(), packed_file(task))
    print(f"{task}: {rows} rows packed")


if __name__ == "__main__":
    run(main)
