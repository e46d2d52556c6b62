"""Decoded pictures at analysis size: planar 8-bit 4:2:0, limited range, upright, square pixels, even sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from faceloom.media.orientation import Orientation, orientation

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]
"""Y (h, w), U and V (h/2, w/2), limited range."""

LIMITED: Final = 1
FULL: Final = 2
BT709: Final = 1
BT601: Final = 5
HD_HEIGHT: Final = 720
"""Untagged pictures of at least this short side are BT.709, smaller ones BT.601: what players assume."""

BLACK: Final = (16, 128, 128)


@dataclass(frozen=True)
class Geometry:
    """Size that the stored picture is scaled to, before it is turned upright."""

    width: int
    height: int
    turn: Orientation

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height of the upright picture, both even: one colour sample covers 2x2 pixels."""
        width, height = (self.height, self.width) if self.turn.swaps else (self.width, self.height)
        return max(2, width // 2 * 2), max(2, height // 2 * 2)


def geometry(frame: Any, long_side: int, aspect: float = 1.0) -> Geometry:
    """Analysis geometry of a decoded frame: square pixels, long side at most `long_side`, never upscaled.

    Args:
        frame: `av.VideoFrame`.
        long_side: Pixels.
        aspect: Width of a stored pixel over its height.
    """
    width, height = frame.width * min(aspect, 1.0), frame.height / max(aspect, 1.0)
    scale = min(1.0, long_side / max(width, height))
    return Geometry(max(2, round(width * scale)), max(2, round(height * scale)), orientation(frame))


def pixel_aspect(stream: Any) -> float:
    """Width of a stored pixel over its height; 1 where the file does not say, or says nonsense."""
    ratio = stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio
    return float(ratio) if ratio and 0.25 <= ratio <= 4 else 1.0


def colour_matrix(frame: Any) -> int:
    """The frame's YUV matrix, BT.709 or BT.601 (FFmpeg's numbers)."""
    if frame.colorspace in (BT709, BT601, BT601 + 1):
        return BT709 if frame.colorspace == BT709 else BT601
    return BT709 if min(frame.width, frame.height) >= HD_HEIGHT else BT601


def planes(frame: Any, target: Geometry, matrix: int) -> Planes:
    """Scale and turn one decoded frame of any pixel format; averages the covered area, so thin lines do not flicker.

    Args:
        frame: `av.VideoFrame`.
        target: Its geometry, or an earlier frame's: a picture that changes its size mid-way is fitted.
        matrix: YUV matrix of the result.
    """
    width, height = target.shown
    luma, blue, red = (target.turn.apply(plane) for plane in _scaled(frame, target, matrix))
    return luma[:height, :width], blue[: height // 2, : width // 2], red[: height // 2, : width // 2]


def _scaled(frame: Any, target: Geometry, matrix: int) -> Planes:
    plain = frame.format.name == "yuv420p" and frame.color_range != FULL
    if plain and (frame.width, frame.height) == (2 * target.width, 2 * target.height):
        # the commonest case, 1280x720 to 640x360, takes OpenCV half of FFmpeg's time; other ratios three times as much
        luma, blue, red = (cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for p in raw_planes(frame))
        return np.asarray(luma), np.asarray(blue), np.asarray(red)
    rgb = frame.format.is_rgb or frame.format.name == "pal8"
    full = rgb or frame.color_range == FULL or frame.format.name.startswith("yuvj")
    return raw_planes(
        frame.reformat(
            width=target.width,
            height=target.height,
            format="yuv420p",
            interpolation="AREA",
            src_colorspace=None if rgb else matrix,
            dst_colorspace=matrix,
            src_color_range=FULL if full else LIMITED,
            dst_color_range=LIMITED,
            threads=1,
        )
    )


def raw_planes(frame: Any) -> Planes:
    """Views of the planes of a yuv420p frame, without the padding of its lines."""
    luma, blue, red = (
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    )
    return luma, blue, red


def black(width: int, height: int) -> Planes:
    """A black picture of even size."""
    sizes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    luma, blue, red = (np.full(size, level, np.uint8) for size, level in zip(sizes, BLACK, strict=True))
    return luma, blue, red
