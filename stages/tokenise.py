"""Quantise F0 and the upper-face action units into tokens, and write the vocabularies."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.sequences import vocabulary
from faceloom.sequences.tokenise import Tokenise, training_vocabulary
from faceloom.stage import run
from faceloom.store import load_clips, map_clips

CATALOG, ALIGNED, OUT = Path("data/catalog.parquet"), Path("data/aligned"), Path("data/tokens")


def main() -> None:
    """Write data/tokens and its vocabulary.json."""
    p = params.load()
    recordings = Path(p.catalog.recordings)
    extractor = Tokenise(p.tokenise.au_step, p.tokenise.f0_step, p.tokenise.f0_range)
    clips = load_clips(CATALOG, recordings, {"aligned": ALIGNED})
    map_clips(extractor, clips, OUT, max_failed_fraction=p.catalog.max_failed_fraction)
    f0, au = extractor.f0.vocabulary, extractor.au.vocabulary
    heard = training_vocabulary(load_clips(CATALOG, recordings, {"tokens": OUT}), f0)
    vocabulary.save(OUT / "vocabulary.json", {"F0": f0, "F0_train": heard, "AU": au})


if __name__ == "__main__":
    run(main)
