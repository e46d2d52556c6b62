"""Cost and memory of feature extraction, stage by stage: `python benchmarks/end_to_end.py [--runs N] [--out]`.

One recording is looped to 10 seconds and to 10 minutes, and the stages run on each in a process of their own, one
worker. The difference of the two is the cost of 590 seconds of film without start-up, in processor time. Neighbours on
the machine slow that down too (they share its caches and clocks), so of several runs each stage's cheapest counts.
Needs models/action_units (`dvc repro facial` or `dvc pull`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import yaml

from _script import need, parser, report
from faceloom.media.audio import Heard, audio_on_grid
from faceloom.media.picture import BT601
from faceloom.media.probe import probe
from faceloom.media.read import pictures
from faceloom.media.write import MediaWriter

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "data/recordings/dyad-000/speaker.mp4"
STAGES = ("catalog", "decode", "faces", "audio", "facial", "pose", "align")
SHORT, LONG, FPS, RATE = 10, 600, 25, 16_000


@dataclass(frozen=True)
class Cost:
    """Processor seconds and peak megabytes of one stage."""

    seconds: float
    megabytes: float


def looped(source: Path, path: Path, seconds: int) -> None:
    """A film of `seconds` that repeats `source`."""
    path.parent.mkdir(parents=True)
    found = probe(source)
    first = next(pictures(source))
    count = seconds * FPS
    heard = audio_on_grid(source, found.start, found.n_frames, Heard()) if found.has_audio else ()
    sound = np.concatenate([np.asarray(block) for block in heard]) if found.has_audio else np.zeros(RATE, np.float32)
    with MediaWriter(path, first.size, RATE, audio_codec="pcm_s16le", preset="ultrafast", matrix=BT601) as writer:
        written = 0
        while written < count:
            for picture in islice(pictures(source), count - written):
                writer.write_planes(picture.planes)
                written += 1
        for block in islice(cycle([sound]), seconds * RATE // len(sound) + 1):
            writer.write_audio(block)


def prepare(folder: Path, source: Path, seconds: int) -> None:
    """A project with that film alone, and the trained estimator of this one."""
    looped(source, folder / "films/film.mkv", seconds)
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["catalog"]["recordings"] = "films"
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    shutil.copytree(ROOT / "models/action_units", folder / "models/action_units")


def run(folder: Path, stage: str, runs: int = 1) -> Cost:
    """Run one stage with one worker, and ask the system what it took; the cheapest of several runs."""
    found = [run_once(folder, stage) for _ in range(runs)]
    return Cost(min(cost.seconds for cost in found), max(cost.megabytes for cost in found))


def run_once(folder: Path, stage: str) -> Cost:
    """Run one stage, without the cache of an earlier run."""
    for records in (folder / ".faceloom/cache").glob(f"{stage}*"):
        shutil.rmtree(records)
    ours = {"FACELOOM_EXECUTOR": "serial", "FACELOOM_WORKERS": "1", "DVC_ROOT": str(folder)}
    command = [sys.executable, str(ROOT / "stages" / f"{stage}.py")]
    process = subprocess.Popen(command, cwd=folder, env=os.environ | ours, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"error: {stage}: failed; see above.")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def measured(source: Path, runs: int) -> dict[str, tuple[Cost, Cost]]:
    """Costs on the short and on the long film, by stage."""
    with tempfile.TemporaryDirectory() as name:
        folders = Path(name) / "short", Path(name) / "long"
        for folder, seconds in zip(folders, (SHORT, LONG), strict=True):
            prepare(folder, source, seconds)
        run(folders[0], "catalog")  # what is compiled and cached at first use is not the film's cost
        return {stage: (run(folders[0], stage, runs), run(folders[1], stage, runs)) for stage in STAGES}


def table(costs: dict[str, tuple[Cost, Cost]]) -> str:
    """Markdown."""
    lines = [
        "| stage | ms per frame | times real time | peak MB, 10 s | peak MB, 10 min | ratio |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    total = 0.0
    for stage, (short, long) in costs.items():
        spent = max(long.seconds - short.seconds, 1e-3)
        total += spent
        lines.append(_row(stage, spent, short.megabytes, long.megabytes))
    peaks = [max(cost[k].megabytes for cost in costs.values()) for k in (0, 1)]
    return "\n".join([*lines, _row("**all**", total, *peaks)])


def _row(name: str, spent: float, short: float, long: float) -> str:
    film = LONG - SHORT
    speed = f"{spent / film / FPS * 1e3:.2f} | {film / spent:.1f}"
    return f"| {name} | {speed} | {short:.0f} | {long:.0f} | {long / short:.2f} |"


def main() -> None:
    """Print the table."""
    arguments = parser(__doc__)
    arguments.add_argument("recording", type=Path, nargs="?", default=DEFAULT)
    arguments.add_argument("--runs", type=int, default=1)
    options = arguments.parse_args()
    source = options.recording
    need(source, ROOT / "models/action_units/config.json", give="run `make repro` first")
    count = f"; cheapest of {options.runs} runs a stage" if options.runs > 1 else ""
    text = f"One core, {source.name} looped; processor time{count}.\n\n{table(measured(source, options.runs))}"
    report("Feature extraction, stage by stage", [text], out=options.out)


if __name__ == "__main__":
    main()
