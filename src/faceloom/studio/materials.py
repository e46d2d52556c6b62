"""What the pixel shader is given beside the mesh: linear colours, strand noise, the sRGB table."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio import surface
from faceloom.studio.look import Look, to_linear

Floats = npt.NDArray[np.float32]

TABLE: Final = 8192
SHOULDER: Final = 0.75
"""Linear value from which highlights are compressed instead of clipped."""


@lru_cache(maxsize=1)
def srgb_table() -> npt.NDArray[np.uint8]:
    """8-bit sRGB of linear values 0 to 2, with a soft shoulder."""
    value = np.linspace(0, 2, TABLE)
    over = np.clip(value - SHOULDER, 0, None)
    value = np.minimum(value, SHOULDER) + (1 - SHOULDER) * (1 - np.exp(-over / (1 - SHOULDER)))
    encoded = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(encoded, 0, 1) * 255), np.uint8)


@lru_cache(maxsize=1)
def linear_table() -> Floats:
    """Linear light of the 256 sRGB bytes."""
    return to_linear(np.arange(256) / 255)


@lru_cache(maxsize=1)
def developed_table() -> npt.NDArray[np.uint8]:
    """(256,) bytes of a background as the picture shows them: bright ones through the shoulder as well."""
    return np.asarray(srgb_table()[(linear_table() * 0.5 * (TABLE - 1)).astype(int)], np.uint8)


@lru_cache(maxsize=1)
def strands() -> Floats:
    """(64, 512) noise of hair strands, 0-1, the same for every head."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (64, 512)) + 1.2 * np.repeat(rng.normal(0, 1, (64, 128)), 4, 1)
    along = (noise + np.roll(noise, 1, 0) + np.roll(noise, 2, 0)) / 3
    return np.clip(0.5 + 0.26 * along, 0, 1).astype(np.float32)


def settings(look: Look) -> Floats:
    """Materials in the order of `surface`."""
    colours = [look.skin, look.lips, look.iris, look.sclera, look.hair, look.clothes, look.teeth, look.lashes]
    numbers = [look.lip_strength, look.iris_radius, look.pupil_radius, look.shine, look.hair_density, look.collar]
    packed = np.concatenate([*(to_linear(colour) for colour in colours), numbers, [look.mouth_light]])
    assert len(packed) == surface.SETTINGS
    return packed.astype(np.float32)
