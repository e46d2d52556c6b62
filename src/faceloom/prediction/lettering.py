"""Words on pictures: antialiased, readable on any background."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

PANEL: Colour = (18, 22, 30)
OPACITY = 0.72


@lru_cache(maxsize=4)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=height)


@lru_cache(maxsize=512)
def width(text: str, height: int) -> int:
    """Of a line in pixels."""
    return int(np.ceil(_font(height).getlength(text)))


@lru_cache(maxsize=512)
def _ink(text: str, height: int) -> npt.NDArray[np.float32]:
    """Coverage 0-1 of a line, (about 1.3 height, its width)."""
    canvas = Pillow.new("L", (max(1, width(text, height)), line_height(height)))
    ImageDraw.Draw(canvas).text((0, line_height(height) / 2), text, fill=255, font=_font(height), anchor="lm")
    return np.asarray(np.asarray(canvas) / 255, np.float32)


def line_height(height: int) -> int:
    """Pixels from one line to the next."""
    return round(height * 1.3)


def write(canvas: Image, text: str, x: int, y: int, height: int, colour: Colour) -> None:
    """Draw a line with its upper left corner at (x, y), as far as it lies inside."""
    ink = _ink(text, height)
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + ink.shape[1], canvas.shape[1]), min(y + ink.shape[0], canvas.shape[0])
    if left >= right or top >= bottom:
        return
    share = ink[top - y : bottom - y, left - x : right - x, None]
    part = canvas[top:bottom, left:right]
    part[:] = (part * (1 - share) + np.array(colour, np.float32) * share + 0.5).astype(np.uint8)


def darken(canvas: Image, x: int, y: int, w: int, h: int) -> None:
    """A translucent panel, as far as it lies inside."""
    part = canvas[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)]
    part[:] = (part * (1 - OPACITY) + np.array(PANEL, np.float32) * OPACITY + 0.5).astype(np.uint8)
