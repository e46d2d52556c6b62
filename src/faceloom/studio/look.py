"""How a face is painted: the record that the renderer reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

TEXTURE: Final = 256
"""Side of the skin texture, a front view of the canonical face: finer than the pixels of a 256-pixel picture."""
LEFT, RIGHT, BOTTOM, TOP = -0.95, 0.95, 5.9, 8.55
"""What the texture covers, in decimetres of the canonical head."""


@dataclass(frozen=True)
class Brow:
    """A painted brow, mirrored on both sides; canonical decimetres."""

    inner: float
    outer: float
    height: float
    arch: float
    drop: float
    thickness: float
    density: float

    def centre(self, along: npt.NDArray[np.floating]) -> Floats:
        """Height at 0 (inner end) to 1 (outer end)."""
        raised = self.arch * np.sin(np.clip(along, 0, 1) * np.pi * 0.9)
        return np.asarray(self.height + raised - self.drop * np.clip(along - 0.5, 0, 1) ** 1.5 * 2, np.float32)


@dataclass(frozen=True)
class Look:
    """Colours are sRGB 0-1."""

    texture: Floats
    """(TEXTURE, TEXTURE, 3) skin with brows, beard and marks, front view; linear light."""
    brow: Brow
    skin: Floats
    lips: Floats
    lip_strength: float
    iris: Floats
    iris_radius: float
    """Sine of the angle from the eye's axis to the iris' rim."""
    pupil_radius: float
    sclera: Floats
    hair: Floats
    hairline: Floats
    """(65,) canonical height of the hairline by azimuth, 0 (front) to 180 degrees (back)."""
    hair_volume: float
    hair_density: float
    long_hair: float
    """Canonical height at which long hair ends; above the head's top for none."""
    clothes: Floats
    collar: float
    """Canonical height of the collar at the throat."""
    teeth: Floats
    mouth_light: float
    """Share of the light that enters the open mouth."""
    lashes: Floats
    lash_rows: int
    """0 none, 1 upper, 2 both."""
    shine: float


def to_linear(srgb: npt.ArrayLike) -> Floats:
    """Linear light of sRGB values 0-1 (IEC 61966-2-1)."""
    value = np.asarray(srgb, np.float32)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
