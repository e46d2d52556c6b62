"""How the mouth looks: gradients around it, for what landmarks hardly show (lips pressed, pulled down, stretched)."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.features.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Roi, eyes_angle

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

MOUTH: Final = (61, 291, 0, 17)
"""The corners and the middles of the lips."""

WIDTH, HEIGHT = 48, 40
SPAN: Final = 0.95
"""Width of the patch in distances of the outer eye corners (in space, so that a turned head keeps its patch)."""

CELL, BINS = 8, 8
SIZE: Final = (WIDTH // CELL - 1) * (HEIGHT // CELL - 1) * 4 * BINS
"""Numbers in a descriptor: overlapping blocks of 2x2 cells."""

_HOG: Final = cv2.HOGDescriptor((WIDTH, HEIGHT), (2 * CELL, 2 * CELL), (CELL, CELL), (CELL, CELL), BINS)


def mouth_texture(image: Image, landmarks: Array) -> Array:
    """Histograms of oriented gradients (Dalal & Triggs 2005) of the mouth, (SIZE,), level with the eyes.

    Args:
        image: (h, w, 3) RGB.
        landmarks: (468, 3) in its pixels.
    """
    corners = landmarks[[RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[1]]]
    width = SPAN * float(np.linalg.norm(corners[1] - corners[0]))
    x, y = landmarks[list(MOUTH), :2].mean(axis=0)
    patch = Roi(float(x) + 0.5, float(y) + 0.5, width, eyes_angle(landmarks)).cut(image, WIDTH)
    margin = (WIDTH - HEIGHT) // 2
    grey = cv2.cvtColor(patch[margin : margin + HEIGHT], cv2.COLOR_RGB2GRAY)
    return np.asarray(_HOG.compute(grey), dtype=np.float32).ravel()
