"""Sound of a recording as 16 kHz mono on the clip's own zero: 640 samples a grid frame, silence where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from faceloom.media.probe import FPS
from faceloom.media.read import AUDIO_RATE
from faceloom.media.source import audio_stream, decode, frame_time, open_source, packets

SAMPLES_PER_FRAME: Final = AUDIO_RATE // FPS
"""640."""

TOLERANCE: Final = 0.02
"""Seconds by which sound may run away from its timestamps (rounded, jittering) before it is put back."""

Samples = NDArray[np.float32]


@dataclass
class Heard:
    """Samples that came from the recording; the rest of the track is silence."""

    samples: int = 0


def audio_on_grid(path: Path, start: float, n_frames: int, heard: Heard) -> Iterator[Samples]:
    """Yield blocks of exactly one grid frame (640,), `n_frames` of them, -1 to 1.

    Args:
        path: A recording.
        start: Time of frame 0 in the container's clock, seconds.
        n_frames: Of the clip.
        heard: Filled on the way.
    """
    return blocks(place(_segments(path, start), n_frames * SAMPLES_PER_FRAME, heard), SAMPLES_PER_FRAME)


def place(pieces: Iterable[tuple[int, Samples]], total: int, heard: Heard) -> Iterator[Samples]:
    """Lay pieces (first sample's position, samples) in a row of `total` samples.

    Silence fills what nobody covers; of an overlap the earlier piece keeps its samples.
    """
    end = 0
    for position, samples in pieces:
        yield from _silence(min(position, total) - end)
        end = max(end, min(position, total))
        new = samples[max(0, end - position) : max(0, total - position)]
        if len(new):
            heard.samples += len(new)
            end += len(new)
            yield new
        if end >= total:
            return
    yield from _silence(total - end)


def _silence(samples: int) -> Iterator[Samples]:
    """Zeros, a second at a time: a gap may be an hour long."""
    for begin in range(0, samples, AUDIO_RATE):
        yield np.zeros(min(AUDIO_RATE, samples - begin), np.float32)


def blocks(pieces: Iterable[Samples], size: int) -> Iterator[Samples]:
    """Re-cut pieces of any length into blocks of `size`; their sum must be a multiple of it."""
    rest = np.empty(0, np.float32)
    for piece in pieces:
        rest = np.concatenate([rest, piece])
        whole = len(rest) // size * size
        yield from rest[:whole].reshape(-1, size)
        rest = rest[whole:]


def _segments(path: Path, start: float) -> Iterator[tuple[int, Samples]]:
    """Resampled pieces with their positions: counted within a run of sound, taken anew from the clock after a jump."""
    with open_source(path) as container:
        stream = audio_stream(container)
        if stream is None:
            return
        run: _Run | None = None
        for frame in _frames(container, stream):
            time = frame_time(frame)
            if run is None or not run.continues(frame, time):
                if run is not None:
                    yield from run.resample(None)
                begin = time if time is not None else run.end if run is not None else start
                run = _Run(begin, start, _shape(frame))
            yield from run.resample(frame)
        if run is not None:
            yield from run.resample(None)


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    for packet in packets(container, stream):
        yield from decode(packet, stream)[0]
    yield from decode(None, stream)[0]


def _shape(frame: Any) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


class _Run:
    """Sound without a jump: one resampler, positions by counting samples."""

    def __init__(self, begin: float, start: float, shape: tuple[str, str, int]) -> None:
        self.end = begin
        self._shape = shape
        self._position = round((begin - start) * AUDIO_RATE)
        # 16-bit output makes the downmix keep its level: for float output FFmpeg lets two equal channels clip
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=AUDIO_RATE)

    def continues(self, frame: Any, time: float | None) -> bool:
        return _shape(frame) == self._shape and (time is None or abs(time - self.end) <= TOLERANCE)

    def resample(self, frame: Any | None) -> Iterator[tuple[int, Samples]]:
        """Resample one frame (None: what the resampler still holds)."""
        if frame is not None:
            self.end += frame.samples / frame.sample_rate
            frame.pts = None  # the run keeps the time, the resampler must not
        for piece in self._resampler.resample(frame):
            samples = piece.to_ndarray().reshape(-1).astype(np.float32) / np.float32(32768)
            yield self._position, samples
            self._position += len(samples)
