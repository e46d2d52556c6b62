"""The `faces` extractor: one row per picture of a decoded clip."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any, ClassVar, Final

import pyarrow as pa

from faceloom.faces.boxes import DLIB, Region
from faceloom.faces.crop import blank, cut_out, jpeg
from faceloom.faces.detect import Detector, detectors
from faceloom.faces.smooth import Crop, Square, crop, radius, square
from faceloom.faces.track import Face, Tracker
from faceloom.media.read import Picture, pictures
from faceloom.store import Clip, images, write_table

WINDOW: Final = 256
"""Rows of a row group, and what is held in memory at most."""
NAN: Final = float("nan")
OTHERS: Final = pa.list_(
    pa.struct([("track", pa.int16()), *((name, pa.float32()) for name in ("x", "y", "w", "h", "confidence"))])
)

Fraction4 = tuple[float, float, float, float]


@dataclass(frozen=True)
class Seen:
    """What one picture shows: its faces, the chosen one first, and their squares by track."""

    picture: Picture | None
    faces: list[Face]
    squares: dict[int, Square]


@dataclass(frozen=True)
class Row:
    """One picture's row before it becomes columns."""

    faces: list[Face]
    crop: Crop | None
    image: bytes


@dataclass(frozen=True)
class Faces:
    """Detect, track and crop the faces of a clip; the fields are `params.faces`, see there.

    Reads `clip.media["decoded"]`; writes the table of `data/faces` (docs/contracts.md).
    """

    name: ClassVar[str] = "faces"
    version: ClassVar[int] = 2

    detector: str = "cascade"
    select: str = "largest"
    region: Fraction4 | None = None
    min_size: float = 0.15
    margin: float = 0.4
    smoothing: float = 0.7
    _finders: Sequence[Detector] = field(default=(), init=False, repr=False, compare=False)

    def setup(self, device: str) -> None:  # noqa: ARG002 - the detectors run on the CPU
        """Load the detectors, once per worker."""
        object.__setattr__(self, "_finders", detectors(self.detector))

    def __call__(self, clip: Clip, out: Path) -> dict[str, Any]:
        """Write `table.parquet`; returns counts of pictures with a face and of tracks.

        Raises:
            InputError: the decoded file is damaged.
        """
        counts: dict[str, Any] = {"face_frames": 0, "tracks": 0}
        rows = self.rows(pictures(clip.media["decoded"]) if "decoded" in clip.media else iter(()), clip.n_frames)
        write_table(out / "table.parquet", _counted(tables(rows), counts))
        return counts

    def rows(self, source: Iterator[Picture], n_frames: int) -> Iterator[Row]:
        """One row per picture; pictures that the source lacks have no face. Holds `2 radius + 1` pictures."""
        reach = radius(self.smoothing)
        window: deque[Seen | None] = deque([None] * reach, maxlen=2 * reach + 1)
        for seen in chain(self._seen(source, n_frames), repeat(None, reach)):
            window.append(seen)
            if len(window) == 2 * reach + 1 and window[reach] is not None:
                yield self._row(window, reach)

    def _seen(self, source: Iterator[Picture], n_frames: int) -> Iterator[Seen]:
        tracker: Tracker | None = None
        for _, picture in zip(range(n_frames), chain(source, repeat(None)), strict=False):
            if picture is None:
                yield Seen(None, [], {})
                continue
            x0, y0, x1, y1 = self._area(*picture.size)
            tracker = tracker or Tracker(self._finders, self.min_size * min(picture.size), self.select == "all")
            found = tracker.step(picture.planes[0][y0:y1, x0:x1])
            faces = [Face(f.box.moved(x0, y0), f.confidence, f.source, f.track) for f in found]
            yield Seen(picture, faces, {f.track: square(f.box) for f in faces})

    def _area(self, width: int, height: int) -> Region:
        """The part of the picture that is searched."""
        if self.select != "region" or self.region is None:
            return 0, 0, width, height
        x, y, w, h = self.region
        return int(x * width), int(y * height), round(min(1.0, x + w) * width), round(min(1.0, y + h) * height)

    def _row(self, window: Sequence[Seen | None], middle: int) -> Row:
        seen = window[middle]
        if seen is None or seen.picture is None or not seen.faces:
            return Row([], None, ZERO_CROP)
        track = seen.faces[0].track
        place = crop([s.squares.get(track) if s else None for s in window], middle, self.smoothing, self.margin)
        return Row(seen.faces, place, jpeg(cut_out(seen.picture.planes, place, seen.picture.matrix)))


ZERO_CROP: Final = blank()


def tables(rows: Iterator[Row], window: int = WINDOW) -> Iterator[pa.Table]:
    """Collect rows into tables of `window` rows; at least one table, so that an empty clip has a schema."""
    start, held = 0, list[Row]()
    for row in rows:
        held.append(row)
        if len(held) == window:
            yield table(held, start)
            start, held = start + window, []
    if held or start == 0:
        yield table(held, start)


def table(rows: Sequence[Row], start: int) -> pa.Table:
    """The columns of `data/faces` for consecutive frames from `start` on."""
    chosen = [_drawn(row.faces[0]) if row.faces else None for row in rows]
    crops = [row.crop or Crop(NAN, NAN, NAN) for row in rows]
    floats = {
        **{name: [getattr(f.box, name) if f else NAN for f in chosen] for name in ("x", "y", "w", "h")},
        "crop_x": [c.x for c in crops],
        "crop_y": [c.y for c in crops],
        "crop_size": [c.size for c in crops],
        "confidence": [f.confidence if f else NAN for f in chosen],
    }
    return pa.table(
        {
            "frame": pa.array(range(start, start + len(rows)), pa.int32()),
            "is_face": pa.array([f is not None for f in chosen], pa.bool_()),
            "track": pa.array([f.track if f else -1 for f in chosen], pa.int16()),
            **{name: pa.array(values, pa.float32()) for name, values in floats.items()},
            "source": pa.array([f.source if f else "none" for f in chosen], pa.string()),
            "image": images(row.image for row in rows),
            "others": pa.array([[_other(_drawn(f)) for f in row.faces[1:]] for row in rows], OTHERS),
        }
    )


def _drawn(face: Face) -> Face:
    """With the box as dlib drew it, as the published cascade hands it on; only the crop hides who found the face."""
    return replace(face, box=DLIB.drawn(face.box)) if face.source == "dlib" else face


def _other(face: Face) -> dict[str, float | int]:
    return {"track": face.track, **face.box._asdict(), "confidence": face.confidence}


def _counted(chunks: Iterator[pa.Table], counts: dict[str, Any]) -> Iterator[pa.Table]:
    """Pass tables on and count what they show."""
    for chunk in chunks:
        counts["face_frames"] += sum(chunk["is_face"].to_pylist())
        tracks = chunk["track"].to_pylist() + [face["track"] for row in chunk["others"].to_pylist() for face in row]
        counts["tracks"] = max(counts["tracks"], *(track + 1 for track in tracks), 0)
        yield chunk
