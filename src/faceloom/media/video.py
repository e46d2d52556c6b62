"""Pictures of a recording in presentation order, one sequential pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from faceloom.media.picture import pixel_aspect
from faceloom.media.source import decode, frame_time, open_source, packets, video_stream


class VideoSource:
    """Iterate once: (presentation time in the container's clock in seconds, `av.VideoFrame`), increasing in time.

    Packets that the decoder refuses are counted and skipped; a file that breaks off ends there.

    Args:
        path: A recording.
        threads: Decoder threads; more than 1 only pays where one clip is decoded at a time. The frames are the same.

    Attributes:
        aspect: Width of a stored pixel over its height.
        frames: Frames that came out so far.
        refused: Packets that gave no whole frame so far.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self.path, self.threads = path, threads
        self.aspect, self.frames, self.refused = 1.0, 0, 0
        self._last = float("-inf")

    def __iter__(self) -> Iterator[tuple[float, Any]]:
        with open_source(self.path) as container:
            stream = video_stream(container)
            if stream is None:
                return
            self.aspect = pixel_aspect(stream)
            stream.codec_context.thread_count = self.threads
            stream.codec_context.thread_type = "AUTO" if self.threads > 1 else "SLICE"
            for packet in packets(container, stream):
                yield from self._decode(packet, stream)
            yield from self._decode(None, stream)

    def _decode(self, packet: Any | None, stream: Any) -> Iterator[tuple[float, Any]]:
        frames, refused = decode(packet, stream)
        self.refused += refused
        for frame in frames:
            time = frame_time(frame)
            if time is not None and time > self._last:
                self.frames += 1
                self._last = time
                yield time, frame
