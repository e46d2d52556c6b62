"""Lights and backgrounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Light:
    """Lights in the camera's frame (x right, y up, z towards the viewer); colours linear, 1 = white at full."""

    lights: Floats
    """(k, 6) unit direction towards the light, colour; the first casts the shadow."""
    sky: Floats
    """(2, 3) ambient colour from above and from below."""

    def rig(self) -> Floats:
        """(1 + k, 9) what `lighting` reads: the sky, then direction, colour and halfway vector of each light."""
        halfway = self.lights[:, :3] + np.array([0, 0, 1], np.float32)
        halfway /= np.linalg.norm(halfway, axis=1, keepdims=True)
        top = np.concatenate([self.sky.ravel(), np.zeros(3)])
        return np.concatenate([top[None], np.concatenate([self.lights, halfway], 1)]).astype(np.float32)


def _light(direction: tuple[float, float, float], colour: tuple[float, float, float]) -> list[float]:
    length = float(np.linalg.norm(direction))
    return [*(value / length for value in direction), *colour]


STUDIO: Final = Light(
    np.array([_light((-0.55, 0.6, 0.9), (0.62, 0.58, 0.53)), _light((0.8, 0.15, 0.6), (0.20, 0.22, 0.25))], np.float32),
    np.array([[0.36, 0.38, 0.41], [0.20, 0.18, 0.17]], np.float32),
)
"""A soft key from the upper left, a cool fill, an even room."""


def sample_light(rng: np.random.Generator, spread: float = 1.0) -> Light:
    """One to three lights of unlike strength and tint, and ambient light; `spread` 0-1 tames it towards `STUDIO`."""
    count = int(rng.integers(1, 4))
    rows = []
    for _ in range(count):
        direction = (rng.normal(0, 0.7 * spread + 0.2), rng.normal(0.35, 0.4), 1.0)
        strength = rng.uniform(0.35, 1.1) / count**0.7
        tint = strength * (1 + rng.normal(0, 0.09 * spread + 0.02, 3))
        rows.append(_light(direction, (float(tint[0]), float(tint[1]), float(tint[2]))))
    above = rng.uniform(0.22, 0.5) * (1 + rng.normal(0, 0.06 * spread + 0.01, 3))
    return Light(np.array(rows, np.float32), np.stack([above, above * rng.uniform(0.4, 0.9)]).astype(np.float32))


def room(rng: np.random.Generator, size: int) -> npt.NDArray[np.uint8]:
    """A quiet out-of-focus room: a wall's gradient, a few soft shapes, a vignette. (size, size, 3) RGB."""
    base = rng.uniform(0.35, 0.8) + rng.normal(0, 0.05, 3)
    rows = np.linspace(1.12, 0.8, 64, dtype=np.float32)[:, None, None]
    wall = np.broadcast_to(base.astype(np.float32) * rows, (64, 64, 3)).copy()
    for _ in range(rng.integers(2, 6)):
        colour = np.clip(base * rng.uniform(0.45, 1.4) + rng.normal(0, 0.07, 3), 0, 1)
        corner, extent = rng.integers(-16, 60, 2), rng.integers(6, 34, 2)
        end = corner + extent
        cv2.rectangle(wall, (int(corner[0]), int(corner[1])), (int(end[0]), int(end[1])), colour.tolist(), -1)
    soft = cv2.resize(cv2.GaussianBlur(wall, (0, 0), 3.5), (size, size), interpolation=cv2.INTER_CUBIC)
    across = np.linspace(-1, 1, size, dtype=np.float32)
    vignette = 1 - 0.16 * (across[:, None] ** 2 + across[None] ** 2)
    return _bytes(soft * vignette[..., None])


def sample_background(rng: np.random.Generator, size: int) -> npt.NDArray[np.uint8]:
    """Anything: plain, gradient, coloured blobs, blocks, or a room. (size, size, 3) RGB."""
    kind = rng.integers(5)
    if kind == 0:
        return _bytes(np.ones((size, size, 1), np.float32) * rng.uniform(0, 1, 3))
    if kind == 1:
        ends = rng.uniform(0, 1, (2, 3))
        ramp = np.linspace(0, 1, size)[:, None, None]
        image = np.broadcast_to(ends[0] * (1 - ramp) + ends[1] * ramp, (size, size, 3))
        return _bytes(image.transpose(1, 0, 2) if rng.random() < 0.5 else image)
    if kind == 4:
        return room(rng, size)
    cells = int(rng.integers(2, 24))
    blocks = rng.uniform(0, 1, (cells, cells, 3)).astype(np.float32)
    flag = cv2.INTER_LINEAR if kind == 2 else cv2.INTER_NEAREST
    return _bytes(cv2.GaussianBlur(cv2.resize(blocks, (size, size), interpolation=flag), (0, 0), rng.uniform(1, 6)))


def _bytes(image: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.clip(image * 255, 0, 255).astype(np.uint8))
