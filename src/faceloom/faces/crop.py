"""Cut a square out of a decoded picture as a 128x128 JPEG."""

from __future__ import annotations

import math
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from faceloom.faces.smooth import Crop
from faceloom.media.picture import BT709, Planes

SIDE: Final = 128
"""Side of the crops in pixels (reference 4)."""
QUALITY: Final = 92
"""JPEG quality: networks' outputs stay within noise of the raw crop's at a twelfth of its size."""
MAX_STEP: Final = 1.6
"""Pixels between bilinear samples: further apart they would skip some (aliasing)."""
_LUMA: Final = 255 / 219
_CHROMA: Final = 255 / 224
_RED_BLUE: Final = {True: (0.2126, 0.0722), False: (0.299, 0.114)}
"""Kr and Kb of BT.709 and BT.601."""


def cut_out(planes: Planes, crop: Crop, matrix: int, side: int = SIDE) -> NDArray[np.uint8]:
    """The crop as RGB, shape (side, side, 3); black where it reaches beyond the picture.

    Args:
        planes: Limited-range 4:2:0.
        crop: Square in luma pixels, at any sub-pixel place.
        matrix: `media.picture.BT709` or `BT601`.
        side: Pixels.
    """
    luma, half = _sample(planes[0], crop, side, 16), Crop(crop.x / 2, crop.y / 2, crop.size / 2)
    blue, red = (cv2.resize(_sample(plane, half, side // 2, 128), (side, side)) for plane in planes[1:])
    return np.asarray(cv2.transform(cv2.merge((luma, blue, red)), _to_rgb(matrix == BT709)), np.uint8)


def jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """Encode an RGB image."""
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return encoded.tobytes()


def blank(side: int = SIDE) -> bytes:
    """The zero crop of a picture without a face."""
    return jpeg(np.zeros((side, side, 3), np.uint8))


def _sample(plane: NDArray[np.uint8], crop: Crop, side: int, border: int) -> NDArray[np.uint8]:
    """Resample a square, averaging where it is scaled down: bilinear to a multiple of `side`, then block means."""
    factor = max(1, math.ceil(crop.size / side / MAX_STEP))
    step = crop.size / (side * factor)
    # Pixel centres lie at integers for OpenCV: output i shows the input at crop.x + (i + 0.5) * step - 0.5.
    inverse = np.array([[step, 0, crop.x + (step - 1) / 2], [0, step, crop.y + (step - 1) / 2]])
    size = (side * factor, side * factor)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(plane, inverse, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=border)
    return np.asarray(fine if factor == 1 else cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


@cache
def _to_rgb(hd: bool) -> NDArray[np.float64]:
    """3x4 matrix from limited-range Y, Cb, Cr to full-range R, G, B (ITU-R BT.601-7 and BT.709-6)."""
    kr, kb = _RED_BLUE[hd]
    kg = 1 - kr - kb
    rows = np.array(
        [
            [_LUMA, 0, 2 * (1 - kr) * _CHROMA],
            [_LUMA, -2 * (1 - kb) * kb / kg * _CHROMA, -2 * (1 - kr) * kr / kg * _CHROMA],
            [_LUMA, 2 * (1 - kb) * _CHROMA, 0],
        ]
    )
    return np.column_stack([rows, -rows @ (16, 128, 128)])
