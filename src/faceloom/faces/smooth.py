"""Smooth square crops: weighted local regression over a track's neighbouring boxes, so without lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faceloom.faces.boxes import Box

Square = tuple[float, float, float]
"""Centre x and y, side; pixels."""

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


def square(box: Box) -> Square:
    """Centre and side of a box."""
    return (*box.center, max(box.w, box.h))


def crop(squares: Sequence[Square | None], middle: int, smoothing: float, margin: float) -> Crop:
    """The crop of the face at `squares[middle]`.

    A line is fitted to centre and side over the pictures of one track, weighted by `smoothing ** distance` (Cleveland
    1979, local regression with exponential weights), and read off in the middle: a steady move is followed exactly,
    also at the ends of a track, and nothing leaks in from before a cut.

    Args:
        squares: One track in consecutive pictures, None where it is not seen; `radius(smoothing)` pictures to each
            side are enough.
        middle: Index of the picture to crop.
        smoothing: 0 (the raw boxes) to below 1.
        margin: Side of the crop beyond the box's, in box sides.

    Raises:
        ValueError: the track is not seen in the middle.
    """
    if squares[middle] is None:
        raise ValueError("no face in the middle")
    known = [(i - middle, *values) for i, values in enumerate(squares) if values is not None]
    track = np.array(known, float)
    cx, cy, side = _line(track[:, 0], track[:, 1:], smoothing ** np.abs(track[:, 0]))
    size = side * (1 + margin)
    return Crop(cx - size / 2, cy - size / 2, size)


def _line(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> list[float]:
    """Weighted least-squares line through (x, y) at x = 0, per column of y; the mean where x does not spread."""
    weight = weight / weight.sum()
    mean = float(weight @ x)
    spread = float(weight @ (x - mean) ** 2)
    if spread > 0:
        weight = weight * (1 - mean * (x - mean) / spread)
    return [float(value) for value in weight @ y]
