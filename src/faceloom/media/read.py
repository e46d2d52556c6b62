"""Read our own 25 fps files (`data/decoded/media/*.mkv`) picture by picture, and their sound."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from faceloom.media.picture import FULL, Planes, colour_matrix, raw_planes
from faceloom.media.source import audio_stream, decode, open_source, packets, video_stream

AUDIO_RATE: Final = 16000
"""Hz of the sound in decoded files."""

_FULL_RANGE: Final = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


class Picture:
    """One decoded picture; each form is made when it is first asked for."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._frame.width, self._frame.height

    @cached_property
    def planes(self) -> Planes:
        """Views of Y (h, w), U and V (h/2, w/2) as they were decoded, limited range."""
        return raw_planes(self._frame)

    @cached_property
    def matrix(self) -> int:
        """The YUV matrix of the planes: `picture.BT709` or `picture.BT601`."""
        return colour_matrix(self._frame)

    @cached_property
    def gray(self) -> NDArray[np.uint8]:
        """(h, w), 0-255: the luma plane stretched from limited to full range."""
        return np.asarray(cv2.LUT(self.planes[0], _FULL_RANGE), np.uint8)

    @cached_property
    def rgb(self) -> NDArray[np.uint8]:
        """(h, w, 3), 0-255, by the matrix that the file names."""
        matrix = colour_matrix(self._frame)
        image = self._frame.reformat(
            format="rgb24", src_colorspace=matrix, src_color_range=1, dst_color_range=FULL, threads=1
        )
        return np.asarray(image.to_ndarray(), np.uint8)


def pictures(path: Path) -> Iterator[Picture]:
    """Yield the pictures of a decoded file in order, one in memory at a time; none where it has no video."""
    with open_source(path) as container:
        stream = video_stream(container)
        if stream is None:
            return
        stream.codec_context.thread_count = 1
        for packet in packets(container, stream):
            yield from map(Picture, decode(packet, stream)[0])
        yield from map(Picture, decode(None, stream)[0])


def audio_blocks(path: Path) -> Iterator[NDArray[np.float32]]:
    """Yield the mono 16 kHz sound of a decoded file block by block, -1 to 1; nothing where it has none."""
    with open_source(path) as container:
        stream = audio_stream(container)
        if stream is None:
            return
        for packet in packets(container, stream):
            for frame in decode(packet, stream)[0]:
                yield frame.to_ndarray().reshape(-1).astype(np.float32) / np.float32(32768)


def read_audio(path: Path) -> NDArray[np.float32]:
    """The whole mono 16 kHz sound, shape (samples,), -1 to 1; empty where there is none."""
    return np.concatenate([np.empty(0, np.float32), *audio_blocks(path)])
