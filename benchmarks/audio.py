"""Speed and memory of the audio features on one core: `python benchmarks/audio.py [recording ...] [--out]`.

Prints the real-time factor of each extractor (on synthetic speech of 60 s, or on the recordings given) and the peak
memory for recordings of 10 seconds and of 10 minutes, each in a fresh process.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from _script import need, parser, report
from faceloom.features.audio.descriptors import Descriptors
from faceloom.features.audio.frames import SpeechFrames
from faceloom.features.audio.functionals import Functionals
from faceloom.media.audio import Heard, audio_on_grid
from faceloom.media.probe import probe
from faceloom.media.write import MediaWriter
from faceloom.store import Clip, ClipTable

RATE, FRAME = 16_000, 640


def synthetic(path: Path, seconds: int) -> Clip:
    """Voiced and unvoiced stretches in turn, with a moving pitch."""
    rng = np.random.default_rng(0)
    phase = 0.0
    with MediaWriter(path, None, RATE, audio_codec="pcm_s16le") as writer:
        for second in range(seconds):
            f0 = 150 + 60 * np.sin((second + np.arange(RATE) / RATE) * 1.3)
            phases = phase + 2 * np.pi * np.cumsum(f0) / RATE
            phase = float(phases[-1] % (2 * np.pi))
            tone = sum(np.sin(k * phases) / k for k in range(1, 16)) * 0.2
            writer.write_audio(
                (tone * (np.arange(RATE) % 8_000 < 5_000) + rng.normal(0, 0.005, RATE)).astype(np.float32)
            )
    return Clip(path.name, "", seconds * 25, path, {}, {"decoded": path})


def recorded(source: Path, folder: Path) -> Clip:
    found = probe(source)
    path = folder / f"{source.stem}.mkv"
    with MediaWriter(path, None, RATE, audio_codec="pcm_s16le") as writer:
        for samples in audio_on_grid(source, found.start, found.n_frames, Heard()):
            writer.write_audio(samples)
    return Clip(source.name, "", found.n_frames, source, {}, {"decoded": path})


def extract(clips: list[Clip], folder: Path) -> dict[str, float]:
    """Run all three on each clip; processor seconds by extractor (wall time on a core of its own)."""
    spent: dict[str, float] = {}
    for extractor in (Descriptors(), SpeechFrames(26, 0.04, 0.5), Functionals(60.0)):
        extractor.setup("cpu")
        for number, clip in enumerate(clips):
            out = folder / f"{extractor.name}-{number}"
            out.mkdir()
            lld = folder / f"audio-lld-{number}" / "table.parquet"
            start = time.process_time()
            extractor(Clip(**{**clip.__dict__, "tables": {"lld": _table(lld)} if lld.exists() else {}}), out)
            spent[extractor.name] = spent.get(extractor.name, 0) + time.process_time() - start
    return spent


def _table(path: Path) -> ClipTable:
    import pyarrow.parquet as pq

    return ClipTable(path, 0, pq.ParquetFile(path).num_row_groups)


def peak(seconds: int) -> float:
    """Most megabytes that this process has ever held, with a recording of so many seconds."""
    with tempfile.TemporaryDirectory() as folder:
        extract([synthetic(Path(folder) / "a.mkv", seconds)], Path(folder))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(sources: Sequence[Path]) -> Iterator[str]:
    """Line by line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [recorded(source, folder) for source in sources] or [synthetic(folder / "a.mkv", 60)]
        seconds = sum(clip.n_frames for clip in clips) / 25
        spent = extract(clips, folder)
    yield from (f"| {len(clips)} clips, {seconds:.0f} s | real-time factor |", "| --- | ---: |")
    for extractor, took in (*spent.items(), ("all", sum(spent.values()))):
        yield f"| {extractor} | {took / seconds:.4f} |"
    yield from ("", "| recording | peak MB |", "| --- | ---: |")
    for length in (10, 600):
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            yield f"| {length} s | {fresh.apply(peak, (length,)):.0f} |"


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("recordings", type=Path, nargs="*")
    options = arguments.parse_args()
    need(*options.recordings, give="give recordings that are, or none for synthetic speech")
    report("Audio features on one core", table(options.recordings), out=options.out)


if __name__ == "__main__":
    main()
