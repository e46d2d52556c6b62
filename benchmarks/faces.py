"""Decode + faces against the cascade as published, on one core: `python benchmarks/faces.py [--out] [recording ...]`.

The published cascade (reference 4): every source frame whole, OpenCV's frontalface_default (scale 1.2, 5 neighbours),
dlib with one upsampling where OpenCV finds nothing, the largest box cut out and resized to 128x128. Ours: the
extractors of the stages `decode` and `faces` from the same file to their tables. Processor time, not wall time, so that
a busy machine changes both alike. `--conventions` measures how each detector's boxes relate to Haar's.

The settings of the searches near a face and of pictures without one were chosen on other GRID clips than `--few 8`
reports, and on pictures made from those: faces blurred in stretches of 7 to 16 frames, heads swaying by 30 to 45
degrees.
The conventions of dlib's and BlazeFace's boxes are medians over all recordings, those reported here among them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np
import pyarrow.parquet as pq

from _script import need, parser, report
from faceloom.faces.boxes import BLAZEFACE, DLIB, HAAR_NEAR, Box, iou
from faceloom.faces.detect import HAAR_FILE, Haar, Hog
from faceloom.faces.extract import Faces
from faceloom.media.decode import Decode
from faceloom.media.probe import probe
from faceloom.media.write import MediaWriter
from faceloom.store import Clip

LIMIT = 120
"""Frames of a recording that the published cascade is given: a second each at full HD."""
SHARED = Path(__file__).resolve().parents[2] / "shared" / "recordings"
HEADER = (
    "| clip | size | frames | published ms | decode ms | faces ms | ratio | published faces | our faces | flags equal "
    "| mean IoU |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Result:
    """One clip; times in ms per frame."""

    name: str
    size: tuple[int, int]
    frames: int
    published: float
    decode: float
    faces: float
    theirs: np.ndarray
    ours: np.ndarray
    overlaps: np.ndarray

    @property
    def ratio(self) -> float:
        """How many times as fast we are."""
        return self.published / (self.decode + self.faces)

    def row(self) -> str:
        """A line of the table."""
        equal = np.mean(self.theirs == self.ours)
        overlap = f"{self.overlaps.mean():.3f}" if len(self.overlaps) else "-"
        return (
            f"| {self.name} | {self.size[0]}x{self.size[1]} | {self.frames} | {self.published:.2f} | {self.decode:.2f} "
            f"| {self.faces:.2f} | {self.ratio:.1f} | {self.theirs.mean():.1%} | {self.ours.mean():.1%} "
            f"| {equal:.2%} | {overlap} |"
        )


def published(path: Path, haar: Any, hog: Any) -> tuple[list[Box | None], float]:
    """Boxes of the first `LIMIT` source frames by the published cascade, and its processor seconds."""
    start, boxes = time.process_time(), list[Box | None]()
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    while True:
        found, frame = capture.read()
        if not found or len(boxes) == LIMIT:
            return boxes, time.process_time() - start
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        faces = [Box(*map(int, box)) for box in haar.detectMultiScale(gray, 1.2, 5)]
        if not faces:
            faces = [Box(r.left(), r.top(), r.width(), r.height()) for r in hog(gray, 1)]
        best = max(faces, key=lambda box: box.area, default=None)
        if best is not None:
            x, y, w, h = (max(0, int(v)) for v in best)
            cv2.resize(frame[y : y + h, x : x + w], (128, 128))
        boxes.append(best)


def ours(path: Path, extractor: Faces, folder: Path) -> tuple[dict[str, list[Any]], float, float]:
    """Our table with each row's source frame, and the processor seconds of the two stages."""
    found = probe(path)
    row = {"start": found.start, "has_video": found.has_video, "has_audio": found.has_audio}
    decoded, faces = folder / "decoded", folder / "faces"
    for out in (decoded, faces):
        out.mkdir(exist_ok=True)
    start = time.process_time()
    Decode()(Clip(path.name, "", found.n_frames, path, row), decoded)
    middle = time.process_time()
    extractor(Clip(path.name, "", found.n_frames, path, row, {"decoded": decoded / "media.mkv"}), faces)
    end = time.process_time()
    table = pq.read_table(faces / "table.parquet", columns=["is_face", "x", "y", "w", "h"]).to_pydict()
    table["source_frame"] = pq.read_table(decoded / "table.parquet", columns=["source_frame"])[0].to_pylist()
    return table, middle - start, end - middle


def compare(path: Path, name: str, tools: tuple[Any, Any, Faces]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        table, decode, faces = ours(path, tools[2], Path(folder))
        boxes, seconds = published(path, *tools[:2])
        width = cv2.VideoCapture(str(Path(folder) / "decoded" / "media.mkv")).get(cv2.CAP_PROP_FRAME_WIDTH)
    capture = cv2.VideoCapture(str(path))
    size = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    inside = [0 <= k < len(boxes) for k in table["source_frame"]]
    theirs = [boxes[k] for k, both in zip(table["source_frame"], inside, strict=True) if both]
    mine = [
        Box(*box).moved(0, 0, size[0] / width) if seen else None
        for both, seen, *box in zip(inside, *(table[c] for c in ("is_face", "x", "y", "w", "h")), strict=True)
        if both
    ]
    n = len(inside)
    return Result(
        name,
        size,
        n,
        seconds / len(boxes) * 1e3,
        decode / n * 1e3,
        faces / n * 1e3,
        np.array([box is not None for box in theirs]),
        np.array([box is not None for box in mine]),
        np.array([iou(a, b) for a, b in zip(theirs, mine, strict=True) if a and b]),
    )


def pasted(source: Path, path: Path, size: tuple[int, int], every: int = 0, roll: float = 0) -> Path:
    """The recording enlarged on a picture of `size`.

    Args:
        source: Recording.
        path: File to write.
        size: Width and height.
        every: Blur everything beyond recognition in every other stretch of so many frames.
        roll: Degrees by which the picture sways to each side, once a second.
    """
    with MediaWriter(path, size, None) as writer:
        for number, frame in enumerate(frames(source)):
            scale = min(size[0] / frame.shape[1], size[1] / frame.shape[0])
            turn = cv2.getRotationMatrix2D(
                (frame.shape[1] / 2, frame.shape[0] / 2), roll * np.sin(number * 2 * np.pi / 25), scale
            )
            turn[:, 2] += (np.array(size) - frame.shape[1::-1]) / 2
            canvas = cv2.warpAffine(frame, turn, size, flags=cv2.INTER_CUBIC, borderValue=(90, 90, 90))
            if every and number // every % 2:
                canvas = cv2.blur(canvas, (size[1] // 4, size[1] // 4))
            writer.write_rgb(canvas)
    return path


def frames(path: Path) -> Iterator[np.ndarray]:
    """RGB pictures of a recording."""
    capture = cv2.VideoCapture(str(path))
    while (read := capture.read())[0]:
        yield cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)


def groups(arguments: Sequence[Path], folder: Path, few: int) -> Iterator[tuple[str, list[Path]]]:
    """Titles and recordings: those given, or the shared ones and pictures made from them."""
    if arguments:
        yield "given", list(arguments)
        return
    grid = sorted((SHARED / "grid").glob("*.mpg"))
    some = grid[:: max(1, len(grid) // few)]
    yield "GRID, 360x288", some
    yield "GRID enlarged, 1280x720", [pasted(p, folder / f"720-{p.stem}.mp4", (1280, 720)) for p in some[:3]]
    yield (
        "face blurred half of the time",
        [
            pasted(some[0], folder / f"half-{w}x{h}.mp4", (w, h), every=10)
            for w, h in ((360, 288), (1280, 720), (1920, 1080))
        ],
    )
    yield (
        "head sways by 40 degrees",
        [
            pasted(p, folder / f"roll-{p.stem}.mp4", size, roll=40)
            for p, size in zip(some, ((360, 288), (360, 288), (1280, 720)), strict=False)
        ],
    )
    yield "clips", [p for p in sorted((SHARED / "clips").iterdir()) if p.suffix != ".md"]


def summary(title: str, results: Sequence[Result]) -> str:
    theirs = sum(r.published * r.frames for r in results)
    mine = sum((r.decode + r.faces) * r.frames for r in results)
    equal = np.concatenate([r.theirs == r.ours for r in results]).mean()
    overlaps = np.concatenate([r.overlaps for r in results])
    overlap = f"{overlaps.mean():.3f}" if len(overlaps) else "-"
    return f"{title}: {theirs / mine:.1f} times as fast, flags equal on {equal:.2%} of frames, mean IoU {overlap}"


def conventions(paths: Sequence[Path], haar: Any) -> str:
    """Medians of shift and scale between each detector's raw boxes and the published Haar boxes."""
    from faceloom.faces.blazeface import BlazeFace

    kinds = {"haar near": (Haar(), HAAR_NEAR), "dlib": (Hog(), DLIB), "blazeface": (BlazeFace(), BLAZEFACE)}
    found: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in kinds}
    for path in paths:
        for image in list(frames(path))[::10]:
            gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            for truth in (Box(*map(float, box)) for box in haar.detectMultiScale(gray, 1.2, 5)[:1]):
                for kind, (finder, now) in kinds.items():
                    found[kind] += [_relation(truth, d.box, now) for d in finder.near(gray, truth)[:1]]
    return "\n".join(f"{kind}: dx, dy, scale = {np.median(rows, 0).round(3)}" for kind, rows in found.items())


def _relation(truth: Box, box: Box, now: Any) -> tuple[float, float, float]:
    raw = box.w / now.scale
    return (
        (truth.center[0] - box.center[0]) / raw + now.dx,
        (truth.center[1] - box.center[1]) / raw + now.dy,
        truth.w / raw,
    )


def measured(options: argparse.Namespace) -> Iterator[str]:
    """Tables of all groups, line by line."""
    cv2.setNumThreads(1)
    haar, extractor = cv2.CascadeClassifier(HAAR_FILE), Faces()
    extractor.setup("cpu")
    Hog().anywhere(np.zeros((99, 99), np.uint8), 80)  # loaded once a process, as the published one is before its clock
    tools = (haar, dlib.get_frontal_face_detector(), extractor)
    with tempfile.TemporaryDirectory() as folder:
        parts = groups(options.recordings, Path(folder), options.few)
        if options.conventions:
            yield conventions(next(parts)[1], haar)
            return
        yield f"One core, processor time; OpenCV {cv2.__version__}, dlib {dlib.__version__}."
        yield f"Load in the last 15 minutes: {os.getloadavg()[2]:.1f}; above 1 all times are upper bounds."
        for title, paths in parts:
            compare(paths[0], "", tools)  # what a process does once is not a frame's cost
            results = [compare(path, path.name, tools) for path in paths]
            yield from ("", summary(title, results), "", HEADER, *(result.row() for result in results))


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("recordings", nargs="*", type=Path)
    arguments.add_argument("--few", type=int, default=8, help="number of GRID clips")
    arguments.add_argument("--conventions", action="store_true", help="measure the detectors' boxes instead")
    options = arguments.parse_args()
    shared = [SHARED / "grid", SHARED / "clips"]
    need(*options.recordings or shared, give="give recordings, or lay the shared ones beside the project")
    report("decode + faces against the published cascade", measured(options), out=options.out)


if __name__ == "__main__":
    main()
