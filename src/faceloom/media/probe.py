"""What a recording really holds, found by reading all of its packets: headers are never believed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from faceloom.errors import InputError
from faceloom.media.orientation import orientation
from faceloom.media.source import audio_stream, decode, frame_time, open_source, packets, video_stream

FPS: Final = 25
"""Frames a second of the grid that every table lies on."""

SLACK: Final = 0.1
"""Part of a frame by which a recording may overrun its last frame: containers round times to 1 ms."""

SPARSEST: Final = 10.0
"""Mean seconds from packet to packet beyond which the timestamps are broken, not the recording slow."""


@dataclass(frozen=True)
class Probe:
    """One recording; times in seconds, sizes in pixels of the stored picture before rotation."""

    has_video: bool
    has_audio: bool
    n_frames: int
    duration: float
    start: float
    width: int | None = None
    height: int | None = None
    rotation: int | None = None
    source_fps: float | None = None
    source_frames: int | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None
    note: str | None = None


@dataclass
class _Track:
    """Packets of one stream: presentation times, durations and the first decoded frame."""

    stream: Any
    times: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    first: Any = None

    def add(self, packet: Any) -> None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is not None and not packet.is_discard:
            self.times.append(float(stamp * packet.time_base))
            self.lengths.append(float((packet.duration or 0) * packet.time_base))
        if self.first is None:
            self.take(decode(packet, self.stream)[0])

    def take(self, frames: list[Any]) -> None:
        self.first = next((frame for frame in frames if frame_time(frame) is not None), None)

    @property
    def start(self) -> float:
        """Time of the first frame that comes out: priming samples and frames before a key frame are not shown."""
        return frame_time(self.first) or 0.0


def probe(path: Path) -> Probe:
    """Read all packets of a recording and decode the first frame of each stream.

    Raises:
        InputError: nothing in it can be decoded; one sentence with the file's name.
    """
    with open_source(path) as container:
        video, audio = (_track(stream) for stream in (video_stream(container), audio_stream(container)))
        tracks = {track.stream.index: track for track in (video, audio) if track is not None}
        if not tracks:
            raise InputError(f"{path.name}: holds neither pictures nor sound; replace or remove it.")
        for packet in packets(container, *(track.stream for track in tracks.values())):
            tracks[packet.stream_index].add(packet)
        for track in tracks.values():
            if track.first is None:
                track.take(decode(None, track.stream)[0])
        return _result(path, video, audio)


def _track(stream: Any | None) -> _Track | None:
    if stream is None:
        return None
    stream.codec_context.thread_count = 1  # one frame is decoded: threads would cost more than they save
    return _Track(stream)


def _result(path: Path, video: _Track | None, audio: _Track | None) -> Probe:
    lost = [name for name, track in (("pictures", video), ("sound", audio)) if track and track.first is None]
    video, audio = (track if track and track.first is not None else None for track in (video, audio))
    main = video or audio
    if main is None:
        raise InputError(f"{path.name}: neither pictures nor sound in it can be decoded; copy or export it again.")
    start = min(track.start for track in (video, audio) if track)
    duration = _end(main) - start
    if duration > len(main.times) * SPARSEST:
        raise InputError(
            f"{path.name}: its timestamps jump ({len(main.times)} packets over {duration:.0f} s); "
            "remux or export it again."
        )
    return Probe(
        has_video=video is not None,
        has_audio=audio is not None,
        n_frames=n_frames(duration),
        duration=round(duration, 6),
        start=round(start, 6),
        note=f"{path.name}: no decoder can read its {lost[0]}, the rest is used." if lost else None,
        **(_video_fields(video) if video else {}),
        **(_audio_fields(audio) if audio else {}),
    )


def n_frames(duration: float) -> int:
    """Grid instants k/25 s inside a recording of `duration` seconds, at least one."""
    return max(1, math.ceil(duration * FPS - SLACK))


def _end(track: _Track) -> float:
    times = np.array(track.times)
    last = int(times.argmax())
    claimed = track.lengths[last]
    if track.stream.type == "audio" and claimed > 0:  # counted in samples, not claimed
        return track.times[last] + claimed
    return track.times[last] + last_length(np.sort(times), claimed)


def last_length(times: np.ndarray[Any, np.dtype[np.float64]], claimed: float) -> float:
    """How long the last of the sorted `times` lasts: its claim, within the steps seen; without one, their median.

    Muxers write anything there: 0, the header's wrong rate, or the rest of the other stream.
    """
    steps = np.diff(times)
    steps = steps[steps > 0]
    if not len(steps):
        return claimed if 0 < claimed <= 1 else 1 / FPS
    return float(np.clip(claimed, steps.min(), steps.max()) if claimed > 0 else np.median(steps))


def _video_fields(track: _Track) -> dict[str, Any]:
    times = np.unique([time for time in track.times if time >= track.start - 1e-6])
    rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else None
    return {
        "width": track.first.width,
        "height": track.first.height,
        "rotation": orientation(track.first).degrees,
        "source_fps": None if rate is None else round(float(rate), 3),
        "source_frames": len(times),
        "video_codec": track.stream.codec_context.codec.canonical_name,
    }


def _audio_fields(track: _Track) -> dict[str, Any]:
    return {
        "audio_codec": track.stream.codec_context.codec.canonical_name,
        "sample_rate": track.first.sample_rate,
        "channels": track.first.layout.nb_channels,
    }
