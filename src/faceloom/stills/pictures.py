"""Picture files of any kind as grey faces."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

Grey = npt.NDArray[np.uint8]

SUFFIXES: Final = (".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
SMALLEST: Final = 8
"""Pixels; a face of fewer shows nothing."""


def grey(path: Path) -> Grey:
    """Grey values (H, W): upright by its EXIF, the first frame of an animation, transparent parts on black.

    Raises:
        ValueError: what is wrong with the file, in words.
    """
    return _read(path, _grey)


def colour(path: Path) -> Grey:
    """RGB values (H, W, 3), as `grey` reads them; raises ValueError as it does."""
    return _read(path, _colour)


def frames(path: Path) -> int:
    """How many pictures a readable file holds: more than one in an animation."""
    with Image.open(path) as image:
        return int(getattr(image, "n_frames", 1))


def _read(path: Path, convert: Callable[[Image.Image], Grey]) -> Grey:
    try:
        with Image.open(path) as image:
            pixels = convert(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise ValueError("too large a picture") from None
    except UnidentifiedImageError:
        raise ValueError("no picture that can be read") from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error):  # what Pillow's decoders raise for damage
        raise ValueError("a damaged picture") from None
    if min(pixels.shape[:2]) < SMALLEST:
        raise ValueError(f"smaller than {SMALLEST}x{SMALLEST} pixels")
    return pixels


def _grey(image: Image.Image) -> Grey:
    if image.mode.startswith(("I", "F")):
        return _narrow(np.asarray(image))
    if image.has_transparency_data or image.mode not in ("1", "L"):
        image = _opaque(image)
    return np.asarray(image.convert("L"), np.uint8)


def _colour(image: Image.Image) -> Grey:
    if image.mode.startswith(("I", "F")):
        return np.repeat(_narrow(np.asarray(image))[..., None], 3, axis=2)
    return np.asarray(_opaque(image), np.uint8)


def _opaque(image: Image.Image) -> Image.Image:
    """In RGB, where every mode leads: Pillow knows no way from some (LAB) to grey."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image.convert("RGB")


def _narrow(values: npt.NDArray[np.generic]) -> Grey:
    """Grey values of more than 8 bits: 16-bit ones by their full range, real ones by 0-1 or 0-255."""
    numbers = np.nan_to_num(values.astype(np.float64))
    top = 65535.0 if np.issubdtype(values.dtype, np.integer) else 1.0 if numbers.max() <= 1 else 255.0
    return np.asarray((numbers / top).clip(0, 1) * 255 + 0.5, np.uint8)


def square(image: Grey, side: int) -> Grey:
    """The centred square of a picture, scaled to `side`; averaged where it is scaled down."""
    height, width = image.shape
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = image[top : top + edge, left : left + edge]
    return np.asarray(cv2.resize(cut, (side, side), interpolation=cv2.INTER_AREA if edge > side else cv2.INTER_LINEAR))
