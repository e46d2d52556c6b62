"""Smooth square crops: weighted local regression over a track's neighbouring boxes, so without lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faceloom.faces.boxes import Box
from faceloom.faces.track import Face

MAX_RADIUS: Final = 12
"""Pictures ahead that wait in memory for their crops."""
NEGLIGIBLE: Final = 0.05


class Crop(NamedTuple):
    """A square in pixels: left, top, side. It may reach beyond the picture."""

    x: float
    y: float
    size: float


def radius(smoothing: float) -> int:
    """Pictures to each side whose weight `smoothing ** distance` is not negligible; 0 without smoothing."""
    if smoothing == 0:
        return 0
    return min(MAX_RADIUS, math.ceil(math.log(NEGLIGIBLE) / math.log(smoothing)))


def crop(faces: Sequence[Face | None], middle: int, smoothing: float, margin: float) -> Crop:
    """The crop of the face `faces[middle]`.

    A line is fitted to centre and side over the pictures of the same track, weighted by `smoothing ** distance`
    (Cleveland 1979, LOWESS with exponential weights), and read off in the middle: a steady move is followed exactly,
    also at the ends of a track, and nothing leaks in from before a cut.

    Args:
        faces: Consecutive pictures' faces, None where there is none; `radius(smoothing)` to each side are enough.
        middle: Index of the picture to crop.
        smoothing: 0 (the raw boxes) to below 1.
        margin: Side of the crop beyond the box's, in box sides.
    """
    face = faces[middle]
    if face is None:
        raise ValueError("no face in the middle")
    known = [(i - middle, f.box) for i, f in enumerate(faces) if f is not None and f.track == face.track]
    values = np.array([_square(box) for _, box in known])
    distance = np.array([d for d, _ in known], float)
    cx, cy, side = _line(distance, values, smoothing ** np.abs(distance))
    size = side * (1 + margin)
    return Crop(cx - size / 2, cy - size / 2, size)


def _square(box: Box) -> tuple[float, float, float]:
    return (*box.center, max(box.w, box.h))


def _line(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> list[float]:
    """Weighted least-squares line through (x, y) at x = 0, per column of y; the mean where x does not spread."""
    weight = weight / weight.sum()
    mean = float(weight @ x)
    spread = float(weight @ (x - mean) ** 2)
    if spread > 0:
        weight = weight * (1 - mean * (x - mean) / spread)
    return [float(value) for value in weight @ y]
