"""How a decoded picture must be turned to be upright: the display matrix that phones write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Orientation:
    """Mirror (left to right) first, then turn counter-clockwise by `degrees`: 0, 90, 180 or 270."""

    degrees: int = 0
    mirrored: bool = False

    @property
    def swaps(self) -> bool:
        """Whether width and height change places."""
        return self.degrees in (90, 270)

    def apply(self, plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn one plane (h, w)."""
        if self.mirrored:
            plane = cv2.flip(plane, 1)
        turns = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
        return plane if self.degrees == 0 else cv2.rotate(plane, turns[self.degrees])


def orientation(frame: Any) -> Orientation:
    """Orientation of a decoded frame, rounded to a quarter turn.

    The matrix is nine 32-bit integers (ISO/IEC 14496-12, 6.2.2); its upper left 2x2 block maps stored to shown.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(bytes(data), dtype="<i4")[:5].astype(float)
    mirrored = bool(a * d - b * c < 0)
    if mirrored:
        a, b = -a, -b
    turn = round(float(np.degrees(np.arctan2(-b, a))) / 90) * 90 % 360
    return Orientation(turn, mirrored)
