"""Paint a skin texture: tone, blush, wrinkles, marks, beard and brows over the front of the canonical face.

Everything is drawn in the rows that it touches and symmetric shapes once, because a set draws hundreds of faces.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.studio.look import BOTTOM, LEFT, RIGHT, TEXTURE, TOP, Brow, to_linear

Floats = npt.NDArray[np.float32]
Colour = npt.NDArray[np.float64]

X: Final = np.linspace(LEFT, RIGHT, TEXTURE, dtype=np.float32)
Y: Final = np.linspace(TOP, BOTTOM, TEXTURE, dtype=np.float32)


def paint(rng: np.random.Generator, skin: Colour, hair: Colour, brow: Brow, maleness: float, old: bool) -> Floats:
    """(TEXTURE, TEXTURE, 3) linear light; colours sRGB 0-1."""
    red = 1 + grain(rng, 14, 0.018) + grain(rng, 45, 0.02) + grain(rng, 3, 0.012)
    other = red.copy()
    _blush(rng, red, other)
    _wrinkles(rng, red, other, old)
    for _ in range(rng.integers(0, 6)):
        mole = 1 - 0.45 * _blob(rng.uniform(-0.6, 0.6), rng.uniform(6.4, 7.9), 0.014, 0.014)
        red *= mole
        other *= mole
    texture = np.stack([red * skin[0], other * skin[1], other * skin[2]], -1).astype(np.float32)
    _beard(rng, texture, maleness, hair)
    _brows(rng, texture, brow, hair)
    return to_linear(texture.clip(0.01, 1))


def grain(rng: np.random.Generator, period: float, deviation: float, rows: int = TEXTURE) -> Floats:
    """Smooth noise (rows, TEXTURE) with features of `period` texels."""
    cells = (max(2, int(rows / period)), max(2, int(TEXTURE / period)))
    coarse = rng.standard_normal(cells, np.float32) * np.float32(deviation)
    return np.asarray(cv2.resize(coarse, (TEXTURE, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def _rows(low: float, high: float) -> slice:
    """Rows of the texture between two heights."""
    scale = (TEXTURE - 1) / (TOP - BOTTOM)
    return slice(int((TOP - high) * scale), int((TOP - low) * scale) + 1)


def _blob(x: float, y: float, width: float, height: float) -> Floats:
    down, across = np.exp(-(((Y - y) / height) ** 2)), np.exp(-(((X - x) / width) ** 2))
    return np.asarray(down[:, None] * across[None], np.float32)


def _mix(texture: Floats, colour: Colour, mask: Floats) -> None:
    texture += (colour.astype(np.float32) - texture) * mask[..., None]


def _blush(rng: np.random.Generator, red: Floats, other: Floats) -> None:
    """Rosy cheeks and nose, shade round the eyes."""
    rosy, shade = rng.uniform(0, 0.13), rng.uniform(0, 0.3)
    for side in (-1, 1):
        other *= 1 - 0.75 * rosy * _blob(side * 0.45, 6.98, 0.2, 0.16)
        socket = 1 - shade * _blob(side * 0.31, 7.26, 0.2, 0.13)
        red *= 0.2 + 0.8 * socket
        other *= socket
    other *= 1 - 0.5 * rosy * _blob(0, 6.97, 0.13, 0.09)


def _wrinkles(rng: np.random.Generator, red: Floats, other: Floats, old: bool) -> None:
    """Folds beside nose and mouth, and lines over the forehead: stronger in the old."""
    depth = rng.uniform(0.12, 0.34) if old else rng.uniform(0, 0.14)
    rows = _rows(6.6, 7.06)
    y, x = Y[rows, None], np.abs(X)[None]
    fold = 0.23 + 0.45 * np.clip(6.98 - y, 0, 1) - 0.5 * np.clip(6.78 - y, 0, 1)
    band = depth * np.exp(-(((x - fold) / 0.026) ** 2)) * np.exp(-(((y - 6.82) / 0.16) ** 4))
    red[rows] *= 1 - 0.6 * band
    other[rows] *= 1 - band
    centre = np.exp(-((X / 0.4) ** 4))
    for height in (7.62, 7.72, 7.82):
        bend = height + rng.normal(0, 0.012) + 0.05 * np.cos(X * rng.uniform(3, 5) + rng.normal(0, 0.3))
        rows = _rows(height - 0.14, height + 0.14)
        line = rng.uniform(0.2, 0.7) * depth * np.exp(-(((Y[rows, None] - bend[None]) / 0.012) ** 2)) * centre
        red[rows] *= 1 - 0.7 * line
        other[rows] *= 1 - line


def _beard(rng: np.random.Generator, texture: Floats, maleness: float, hair: Colour) -> None:
    """Stubble to full beard on jaw and lip, down to the throat."""
    amount = rng.beta(0.7, 1.2) if maleness > 0.6 and rng.random() < 0.5 else 0.0
    if amount == 0:
        return
    rows = _rows(6.05, 7.1)
    y, x = Y[rows, None], np.abs(X)[None]
    throat = np.clip((y - 6.28) * 6, 0, 1)
    jaw = np.clip((6.93 - y) * 8, 0, 1) * np.clip((x - 0.1) * 6 + (y < 6.75), 0, 1) * throat
    if rng.random() < 0.6:
        jaw = np.maximum(jaw, np.exp(-(((y - 6.87) / 0.04) ** 4)) * (x < 0.28))
    soft = cv2.GaussianBlur(jaw.astype(np.float32), (0, 0), 3.5)
    height = rows.stop - rows.start
    hairs = 1 + grain(rng, 1.6, 0.28, height) + grain(rng, 5, 0.12, height)
    _mix(texture[rows], hair * 1.1, soft * np.clip(amount * hairs, 0, 1) * 0.85)


def _brows(rng: np.random.Generator, texture: Floats, brow: Brow, hair: Colour) -> None:
    rows = _rows(brow.height - 0.2, brow.height + 0.2)
    along = (np.abs(X) - brow.inner) / (brow.outer - brow.inner)
    taper = np.where(along < 0.15, 0.6 + along * 2.6, 1.05 - 0.75 * (along - 0.15))
    thickness = brow.thickness * np.clip(taper, 0.12, 1.05)
    across = np.exp(-(((Y[rows, None] - brow.centre(along)[None]) / thickness[None]) ** 4))
    ends = np.clip((along + 0.06) * 10, 0, 1) * np.clip((1.04 - along) * 8, 0, 1)
    hairs = 1 + grain(rng, 3, 0.2, rows.stop - rows.start)
    _mix(texture[rows], hair, (across * ends * np.clip(brow.density * hairs, 0, 1)).astype(np.float32))
