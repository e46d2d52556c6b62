"""MFCC and prosody per frame, openSMILE descriptors and functionals."""

from __future__ import annotations

import json
from pathlib import Path

from faceloom import params
from faceloom.features.audio.descriptors import Descriptors
from faceloom.features.audio.frames import SpeechFrames
from faceloom.features.audio.functionals import Functionals, names
from faceloom.stage import run
from faceloom.store import load_clips, map_clips

CATALOG, DECODED, OUT = Path("data/catalog.parquet"), Path("data/decoded"), Path("data/audio")


def main() -> None:
    """Write data/audio/lld, data/audio/frames and, unless switched off, data/audio/functionals."""
    p = params.load()
    recordings, allowed = Path(p.catalog.recordings), p.catalog.max_failed_fraction
    clips = load_clips(CATALOG, recordings, {"decoded": DECODED})
    map_clips(Descriptors(), clips, OUT / "lld", max_failed_fraction=allowed)

    frames = SpeechFrames(p.audio.n_mfcc, p.audio.window, p.audio.voiced_share)
    with_lld = load_clips(CATALOG, recordings, {"decoded": DECODED, "lld": OUT / "lld"})
    map_clips(frames, with_lld, OUT / "frames", max_failed_fraction=allowed)

    if p.audio.functionals_seconds:
        functionals = Functionals(p.audio.functionals_seconds)
        map_clips(functionals, clips, OUT / "functionals", max_failed_fraction=allowed)
        (OUT / "functionals" / "names.json").write_text(json.dumps(names(), indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
