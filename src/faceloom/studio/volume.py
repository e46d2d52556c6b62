"""What an identity's vertices carry: how far hair and clothes stand off the skin, and what the pixel shader reads."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio import shading
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
    body = np.zeros(len(head.vertices), bool)
    body[head.vertices_of(BODY)] = True
    cover = np.clip((above_hairline(look, head)[0] + 0.02) / 0.2, 0, 1)
    return np.asarray(cover * body * look.hair_density, np.float32)


def above_hairline(look: Look, head: Head) -> tuple[Floats, Floats]:
    """Height (n,) of each vertex above the hairline, far below it where no hair grows; and its azimuth 0 to pi."""
    x, y, z = head.vertices.T
    azimuth = np.arctan2(np.abs(x), z - HAIR_AXIS)
    line = np.interp(azimuth, np.linspace(0, np.pi, len(look.hairline)), look.hairline)
    grows = (y > 6.0) & ((y > 7.4) | (z < 0.9))
    above = np.where(grows, y - line, -1.0) - 0.8 * head.ears
    return above.astype(np.float32), azimuth.astype(np.float32)


def fixed_attributes(look: Look, head: Head) -> Floats:
    """(n, 16) what the pixel shader interpolates, in the order of `shading`: all that is the same in every frame."""
    table = np.zeros((len(head.vertices), shading.ATTRIBUTES), np.float32)
    table[:, : shading.NORMAL] = head.vertices
    table[:, shading.LIPS], table[:, shading.INSIDE], table[:, shading.OPENNESS] = head.lips, head.inside, head.openness
    table[:, shading.ABOVE_HAIRLINE], table[:, shading.AZIMUTH] = above_hairline(look, head)
    return table
