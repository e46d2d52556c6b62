"""Write H.264 video with optional sound. Equal input gives equal bytes: one encoder thread, no dates, no random ids."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from faceloom.media.picture import BT601, LIMITED, Planes, raw_planes
from faceloom.media.probe import FPS

FORMATS: Final = {".mkv": "matroska", ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov"}
PCM_SCALE: Final = 32768.0
STEADY: Final = {"x264-params": "mbtree=0"}
"""x264's macroblock tree reads memory that it never wrote (seen with AVX-512): equal pictures, unequal bytes."""
AAC_BLOCK: Final = 1024
AUDIO_OPTIONS: Final = {"aac": {"aac_coder": "fast"}}
"""The default search for AAC's quantisers costs three times the time, and its speech lies further from the input."""


class MediaWriter:
    """Writes one file; use as a context manager. If the block raises, no file stays.

    Args:
        path: `.mkv` or `.mp4`.
        size: Width and height in pixels, even; None for sound alone.
        sample_rate: Hz of the mono sound; None for silent video.
        audio_codec: `pcm_s16le` (mkv, exact) or `aac` (mp4, for browsers).
        preset: x264's; `ultrafast` costs a third of a millisecond at 360x288.
        crf: x264's quality; 18 and below is visually lossless.
        qp: A constant quantiser instead of `crf`: faster, and the same error in every picture.
        matrix: YUV matrix of the pictures, `picture.BT601` or `picture.BT709`.
        fps: Frames a second.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None,
        sample_rate: int | None = None,
        *,
        audio_codec: str = "aac",
        preset: str = "veryfast",
        crf: int = 18,
        qp: int | None = None,
        matrix: int = BT601,
        fps: int = FPS,
    ) -> None:
        self.path = path
        options = {"fflags": "+bitexact"}
        if path.suffix != ".mkv":
            options["movflags"] = "+faststart"  # a browser can start before it has the whole file
        self._container = av.open(str(path), "w", format=FORMATS[path.suffix], options=options)
        quality = {"crf": str(crf)} if qp is None else {"qp": str(qp)}
        coding = {"preset": preset} | STEADY | quality
        self._video: Any = None if size is None else self._add_video(size, coding, matrix, fps)
        self._audio: Any = None if sample_rate is None else self._add_audio(audio_codec, sample_rate)
        self._frames = 0
        self._samples = 0
        self._pending = np.empty(0, np.int16)

    def _add_video(self, size: tuple[int, int], options: dict[str, str], matrix: int, fps: int) -> Any:
        stream = self._container.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.thread_count = 1
        context.colorspace, context.color_range = matrix, LIMITED
        context.gop_size = 2 * fps
        context.time_base = Fraction(1, fps)
        return stream

    def _add_audio(self, codec: str, sample_rate: int) -> Any:
        stream = self._container.add_stream(
            codec, rate=sample_rate, layout="mono", options=AUDIO_OPTIONS.get(codec, {})
        )
        stream.codec_context.thread_count = 1
        return stream

    def write_planes(self, planes: Planes) -> None:
        """Append one picture of limited-range 4:2:0 planes."""
        height, width = planes[0].shape
        frame = av.VideoFrame(width, height, "yuv420p")
        for target, plane in zip(raw_planes(frame), planes, strict=True):
            target[:] = plane
        self.write_frame(frame)

    def write_rgb(self, image: NDArray[np.uint8]) -> None:
        """Append one picture, (h, w, 3) RGB, 0-255."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        self.write_frame(
            frame.reformat(
                format="yuv420p",
                dst_colorspace=self._video.codec_context.colorspace,
                src_color_range=2,
                dst_color_range=LIMITED,
                threads=1,
            )
        )

    def write_frame(self, frame: Any) -> None:
        """Append one yuv420p `av.VideoFrame`; its time is its place in the file."""
        frame.pts, frame.time_base = self._frames, self._video.codec_context.time_base
        frame.pict_type = 0  # the source's picture types are not the encoder's
        self._frames += 1
        self._container.mux(self._video.encode(frame))

    def write_audio(self, samples: NDArray[np.float32]) -> None:
        """Append mono samples, -1 to 1."""
        pcm = np.clip(np.rint(samples * PCM_SCALE), -PCM_SCALE, PCM_SCALE - 1).astype(np.int16)
        self._pending = np.concatenate([self._pending, pcm])
        block = self._audio.codec_context.frame_size or len(self._pending)
        while block and len(self._pending) >= block:
            self._encode_audio(self._pending[:block])
            self._pending = self._pending[block:]

    def _encode_audio(self, pcm: NDArray[np.int16]) -> None:
        context = self._audio.codec_context
        planar = context.format.name == "fltp"  # AAC's input
        data = (pcm / np.float32(PCM_SCALE)).astype(np.float32) if planar else pcm
        frame = av.AudioFrame.from_ndarray(data[None], format=context.format.name, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = context.rate, self._samples, Fraction(1, context.rate)
        self._samples += len(pcm)
        self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Flush the encoders and finish the file."""
        if self._audio is not None and len(self._pending):
            self._encode_audio(self._pending)
        for stream in (self._video, self._audio):
            if stream is not None:
                self._container.mux(stream.encode(None))
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.close()
                return
        except BaseException:
            self._discard()
            raise
        self._discard()

    def _discard(self) -> None:
        """Leave nothing half-written; why it failed is already on its way to the caller."""
        with suppress(av.error.FFmpegError, OSError):
            self._container.close()
        self.path.unlink(missing_ok=True)
