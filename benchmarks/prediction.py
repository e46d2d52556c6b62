"""Prediction on films against a plain loop: `python benchmarks/prediction.py [film] [--out] [--models DIR] [--memory]`.

The loop is what a user would write: `cv2.VideoCapture`, one frame at a time; Haar on the whole frame (steps of 1.2, the
same smallest face as ours, nothing smaller); for each face the same landmark network (two passes), eyes, mouth and
estimator, and the same keypoint and expression networks on a batch of one. Neither draws. Processor time, one thread,
in one process, one after the other on the same film; loading the models is left out. `--memory` adds the peak memory of
the command on the film looped to 10 seconds and to 10 minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import torch

from _script import need, parser, report
from end_to_end import looped
from faceloom.faces.boxes import Box
from faceloom.faces.detect import HAAR_FILE
from faceloom.faces.track import Face
from faceloom.prediction import networks
from faceloom.prediction.frames import Still
from faceloom.prediction.inputs import sources
from faceloom.prediction.observe import MIN_SIZE, Observer
from faceloom.prediction.run import Run

ROOT = Path(__file__).parents[1]
DEFAULT = ROOT / "data/recordings/dyad-000/speaker.mp4"
WANTED = 2.0
LONG, SHORT = 600, 10


def plain(film: Path, models: networks.Networks) -> tuple[int, int]:
    """Frame by frame, face by face; returns how many of each."""
    cascade, capture = cv2.CascadeClassifier(HAAR_FILE), cv2.VideoCapture(str(film))
    observer = Observer(models.framings, eyes=models.action_units is not None)
    frames = faces = 0
    while (read := capture.read())[0]:
        frame = Still(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB))
        least = round(MIN_SIZE * min(frame.size))
        for box in cascade.detectMultiScale(frame.grey, 1.2, 5, minSize=(least, least)):
            observer.begin()
            seen = observer.see(frame, Face(Box(*map(float, box)), 1.0, "opencv", 0))
            if seen is not None:
                models([seen])
                faces += 1
        frames += 1
    return frames, faces


def ours(film: Path, models: networks.Networks) -> tuple[int, int]:
    """The command without drawing."""
    with tempfile.TemporaryDirectory() as folder:
        observer = Observer(models.framings, eyes=models.action_units is not None)
        outcome = Run(models, observer)(sources([film]), Path(folder) / "faces.parquet")
    return outcome.frames, outcome.faces


def timed(way: object, film: Path, models: networks.Networks) -> tuple[float, int, int]:
    """Processor milliseconds a frame, frames and faces."""
    start = time.process_time()
    frames, faces = way(film, models)
    return (time.process_time() - start) / frames * 1e3, frames, faces


def speed(film: Path, folder: Path) -> list[str]:
    """A table of both ways."""
    models = networks.load(folder)
    ours(film, models)  # first calls allocate and choose kernels
    rows = {way.__name__: timed(way, film, models) for way in (ours, plain)}
    ratio = rows["plain"][0] / rows["ours"][0]
    lines = ["| way | ms per frame | frames | faces |", "|---|---|---|---|"]
    lines += [f"| {name} | {ms:.1f} | {frames} | {faces} |" for name, (ms, frames, faces) in rows.items()]
    verdict = "held" if ratio >= WANTED else "missed"
    return [*lines, "", f"{ratio:.2f} times as fast (wanted: {WANTED}, {verdict})"]


def memory(film: Path, folder: Path) -> list[str]:
    """Peak megabytes of the command on a short and on a long film."""
    peaks = []
    with tempfile.TemporaryDirectory() as name:
        for seconds in (SHORT, LONG):
            path = Path(name) / str(seconds) / "film.mkv"
            looped(film, path, seconds)
            out = ["--out", str(path.parent / "out"), "--models", str(folder), "--no-pictures"]
            command = [str(Path(sys.executable).with_name("faceloom")), "predict", str(path), *out]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            if status:
                sys.exit("error: the command failed; see above.")
            peaks.append(usage.ru_maxrss / 1024)
    return ["", f"Peak memory: {peaks[0]:.0f} MB for {SHORT} s, {peaks[1]:.0f} MB for {LONG} s of film."]


def measured(film: Path, folder: Path, with_memory: bool) -> Iterator[str]:
    """Line by line."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    yield f"{film.name}, one thread.\n"
    yield from speed(film, folder)
    if with_memory:
        yield from memory(film, folder)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("film", nargs="?", type=Path, default=DEFAULT)
    arguments.add_argument("--models", type=Path, default=ROOT / "models")
    arguments.add_argument("--memory", action="store_true", help="and memory; takes as long as the 10 minutes do")
    options = arguments.parse_args()
    need(options.film, *(options.models / name for name in networks.DEFAULT), give="run `make repro` first")
    report("Prediction on a film", measured(options.film, options.models, options.memory), out=options.out)


if __name__ == "__main__":
    main()
