"""How far the extracted tables are from the truth, where recordings have one."""

from __future__ import annotations

import json
from pathlib import Path

from faceloom import params
from faceloom.metrics.compared import read
from faceloom.metrics.extraction import score
from faceloom.stage import run
from faceloom.store import load_clips

CATALOG, OUT = Path("data/catalog.parquet"), Path("metrics/extraction.json")
FOLDERS = {name: Path("data") / name for name in ("faces", "facial", "aligned")}


def main() -> None:
    """Write metrics/extraction.json."""
    p = params.load()
    clips = load_clips(CATALOG, Path(p.catalog.recordings), FOLDERS, sidecars=("truth",))
    known = [clip for clip in clips if "truth" in clip.sidecars and clip.row["has_video"]]
    scores = score([read(clip, p.decode.long_side) for clip in known])
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")
    print(scores.get("message", f"{scores['clips']} clips compared with their truth: {OUT}"))


if __name__ == "__main__":
    run(main)
