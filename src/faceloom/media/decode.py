"""`Decode`: one recording made into our own 25 fps file, and the table of where each of its pictures comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.media.audio import Heard, audio_on_grid
from faceloom.media.grid import GridFrame, on_grid
from faceloom.media.picture import BT601, Geometry, black, colour_matrix, geometry, planes
from faceloom.media.probe import FPS
from faceloom.media.read import AUDIO_RATE
from faceloom.media.video import VideoSource
from faceloom.media.write import MediaWriter
from faceloom.store.records import Clip, write_table

WINDOW: Final = 256
"""Frames in a row group."""

SOUND: Final = FPS
"""Instants whose sound is written at once: a packet a second instead of one a frame, to write and to read back."""

QP: Final = 17
"""x264's quantiser: with `ultrafast` a mean error of 0.7 grey levels on GRID and 0.4 on HD. 14 doubles the bytes, and
the time to read them, for 0.2 levels less."""

SCHEMA: Final = pa.schema(
    [
        ("frame", pa.int32()),
        ("source_frame", pa.int32()),
        ("source_time", pa.float64()),
        ("duplicated", pa.bool_()),
        ("gap", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Decode:
    """Extractor: `table.parquet` (the timeline) and `media.mkv` (contracts.md).

    A gap is black: no detector finds a face in it, and nobody takes a held picture for a still face.

    Attributes:
        long_side: Of the pictures, pixels; smaller recordings keep their size.
        gap: Seconds around an instant within which a source frame must lie.
    """

    long_side: int = 640
    gap: float = 0.2

    name: ClassVar[str] = "decode"
    version: ClassVar[int] = 3

    def setup(self, device: str) -> None:
        """Nothing to load."""

    def __call__(self, clip: Clip, out: Path) -> dict[str, Any]:
        """Decode one clip; returns the counts of its timeline.

        Raises:
            InputError: the recording cannot be read any more.
        """
        video, heard, tally = VideoSource(clip.source), Heard(), _Tally()
        frames = ((time - clip.row["start"], frame) for time, frame in (video if clip.row["has_video"] else ()))
        first = next(frames, None)
        if clip.row["has_video"] and first is None:
            raise InputError(f"{clip.clip}: its pictures cannot be decoded any more; run `dvc repro catalog`.")
        grid = on_grid(chain([first] if first else [], frames), clip.n_frames, self.gap)
        sound: Iterator[NDArray[np.float32] | None] = repeat(None)
        if clip.row["has_audio"]:
            sound = audio_on_grid(clip.source, clip.row["start"], clip.n_frames, heard)
        with ExitStack() as stack:
            sink = self._sink(stack, out / "media.mkv", first[1] if first else None, video.aspect, clip)
            write_table(out / "table.parquet", _tables(tally.count(_transfer(grid, sound, sink))))
        return tally.summary() | {
            "source_frames": video.frames,
            "dropped": video.frames - tally.shown,
            "refused": video.refused,
            "silence": round(clip.n_frames / FPS - heard.samples / AUDIO_RATE, 3) if clip.row["has_audio"] else None,
            "note": _note(clip, tally),
        }

    def _sink(self, stack: ExitStack, path: Path, first: Any | None, aspect: float, clip: Clip) -> _Sink | None:
        """The file to write, sized after the first picture; None where there is nothing to put into it."""
        if first is None and not clip.row["has_audio"]:
            return None
        target = None if first is None else geometry(first, self.long_side, aspect)
        matrix = BT601 if first is None else colour_matrix(first)
        writer = MediaWriter(
            path,
            None if target is None else target.shown,
            AUDIO_RATE if clip.row["has_audio"] else None,
            audio_codec="pcm_s16le",
            preset="ultrafast",
            qp=QP,
            matrix=matrix,
        )
        return _Sink(stack.enter_context(writer), target, matrix)


@dataclass(frozen=True)
class _Sink:
    writer: MediaWriter
    target: Geometry | None
    matrix: int
    waiting: list[NDArray[np.float32]] = field(default_factory=list)

    def put(self, shown: GridFrame[Any], samples: NDArray[np.float32] | None) -> None:
        """Write one instant: its picture (black in a gap) and its 640 samples."""
        if self.target is not None:
            picture = black(*self.target.shown) if shown.gap else planes(shown.item, self.target, self.matrix)
            self.writer.write_planes(picture)
        if samples is not None:
            self.waiting.append(samples)
            if len(self.waiting) == SOUND:
                self.flush()

    def flush(self) -> None:
        """Write the sound that waits for the rest of its second."""
        if self.waiting:
            self.writer.write_audio(np.concatenate(self.waiting))
            self.waiting.clear()


def _transfer(
    grid: Iterable[GridFrame[Any]], sound: Iterable[NDArray[np.float32] | None], sink: _Sink | None
) -> Iterator[GridFrame[Any]]:
    """Write pictures and sound side by side, so that neither is held in memory; yields the timeline."""
    for shown, samples in zip(grid, sound, strict=False):
        if sink is not None:
            sink.put(shown, samples)
        yield shown
    if sink is not None:
        sink.flush()


@dataclass
class _Tally:
    """Counts of one timeline."""

    gaps: int = 0
    duplicated: int = 0
    shown: int = 0
    tail: int = 0

    def count(self, rows: Iterable[GridFrame[Any]]) -> Iterator[GridFrame[Any]]:
        for row in rows:
            self.gaps += row.gap
            self.duplicated += row.duplicated
            self.shown += not (row.gap or row.duplicated)
            self.tail = self.tail + 1 if row.gap else 0
            yield row

    def summary(self) -> dict[str, Any]:
        return {"gaps": self.gaps, "duplicated": self.duplicated}


def _note(clip: Clip, tally: _Tally) -> str | None:
    """One sentence where pictures were lost; without the clip's name, for clips of equal content share one record."""
    if not clip.row["has_video"] or not tally.gaps:
        return None
    lost = f"{tally.gaps} of {clip.n_frames} frames have no picture nearby and are gaps"
    return f"{lost}, all after {(clip.n_frames - tally.tail) / FPS:.2f} s too" if tally.tail else lost


def _tables(rows: Iterable[GridFrame[Any]]) -> Iterator[pa.Table]:
    """The timeline as tables of `WINDOW` rows."""
    cells = ((row.frame, row.source_frame, row.source_time, row.duplicated, row.gap) for row in rows)
    while window := list(islice(cells, WINDOW)):
        columns = zip(*window, strict=True)
        yield pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)
