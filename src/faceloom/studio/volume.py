"""How far hair and clothes stand off the skin."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.assets import BODY
from faceloom.studio.head import Head
from faceloom.studio.look import Look
from faceloom.studio.surface import HAIR_AXIS

Floats = npt.NDArray[np.float32]

CLOTHES: Final = 0.05
"""Thickness of clothes in decimetres."""


def thickness(look: Look, head: Head) -> Floats:
    """(n,) decimetres along the normals."""
    worn = (head.vertices[:, 1] < look.collar) & (head.rigidity < 0.6)
    return np.asarray(look.hair_volume * hair_cover(look, head) + CLOTHES * worn, np.float32)


def hair_cover(look: Look, head: Head) -> Floats:
    """(n,) share of hair at each vertex of the body, much as the pixel shader decides it."""
    x, y, z = head.vertices.T
    azimuth = np.degrees(np.arctan2(np.abs(x), z - HAIR_AXIS))
    line = np.interp(azimuth, np.linspace(0, 180, len(look.hairline)), look.hairline)
    cover = np.clip((y - line + 0.02) / 0.2, 0, 1) * (y > 6.0) * ((y > 7.4) | (z < 0.9))
    body = np.zeros(len(y), bool)
    body[head.vertices_of(BODY)] = True
    return np.asarray(cover * body * look.hair_density * (1 - head.ears), np.float32)
