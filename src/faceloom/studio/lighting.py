"""How much light surfaces give back: sky, lights with wrap for skin, one shadow, highlights.

Fragments (samples of surfaces) wait in planes of a flat array until there are enough of them to fill vector
registers: every loop over them has a constant count and works in single precision.
"""

from __future__ import annotations

from typing import Any, Final

import numpy.typing as npt

from faceloom.studio.jit import f32, inlined, kernel

Array = npt.NDArray[Any]

# Columns of the light rig: row 0 is the sky from above and below, each further row a light.
DIRECTION, COLOUR, HALFWAY = 0, 3, 6
RIG_COLUMNS: Final = 9

SHADOW_BIAS: Final = f32(0.06)

COUNT: Final = 256
"""Fragments that are lit at once: their planes stay in the fastest cache."""

# Planes: linear colour, unit normal, ambient light that reaches the place, share of skin, share of the key light,
# strength of the highlights, whether they are a wet eye's; then the light that comes back, diffuse and shining.
RED, GREEN, BLUE, NX, NY, NZ = 0 * COUNT, 1 * COUNT, 2 * COUNT, 3 * COUNT, 4 * COUNT, 5 * COUNT
OPEN, SKIN, KEY, GLOSS, SHARP = 6 * COUNT, 7 * COUNT, 8 * COUNT, 9 * COUNT, 10 * COUNT
R, G, B, SHINE_R, SHINE_G, SHINE_B = (k * COUNT for k in range(11, 17))
PLANES: Final = 17


@inlined
def lit(shadow: Array, u: float, v: float, z: float) -> float:
    """Share of the key light that reaches a point: four comparisons in the shadow map, blended."""
    size = shadow.shape[0]
    x, y = int(u), int(v)
    if u < 0 or v < 0 or x >= size - 1 or y >= size - 1:
        return 1.0
    fx, fy = u - f32(x), v - f32(y)
    reach = z + SHADOW_BIAS
    near = f32(1) - fx
    total: float = f32(0)
    if shadow[y, x] <= reach:
        total += near * (f32(1) - fy)
    if shadow[y, x + 1] <= reach:
        total += fx * (f32(1) - fy)
    if shadow[y + 1, x] <= reach:
        total += near * fy
    if shadow[y + 1, x + 1] <= reach:
        total += fx * fy
    return total


@kernel
def illuminate(p: Array, rig: Array, shine: float) -> None:
    """Fill the last planes with the colour of COUNT fragments: R, G, B."""
    sky(p, rig)
    for k in range(1, rig.shape[0]):
        shine_on(p, rig, k, shine)
    for i in range(COUNT):
        p[R + i] = p[RED + i] * p[R + i] + p[GLOSS + i] * p[SHINE_R + i]
        p[G + i] = p[GREEN + i] * p[G + i] + p[GLOSS + i] * p[SHINE_G + i]
        p[B + i] = p[BLUE + i] * p[B + i] + p[GLOSS + i] * p[SHINE_B + i]


@inlined
def sky(p: Array, rig: Array) -> None:
    """Begin with ambient light; skin glows red where little of it arrives."""
    r0, g0, b0, r1, g1, b1 = rig[0, 3], rig[0, 4], rig[0, 5], rig[0, 0], rig[0, 1], rig[0, 2]
    for i in range(COUNT):
        up, open_ = f32(0.5) + f32(0.5) * p[NY + i], p[OPEN + i]
        p[R + i] = (r0 + (r1 - r0) * up) * (open_ + f32(0.12) * p[SKIN + i] * (f32(1) - open_))
        p[G + i] = (g0 + (g1 - g0) * up) * open_
        p[B + i] = (b0 + (b1 - b0) * up) * open_
        p[SHINE_R + i], p[SHINE_G + i], p[SHINE_B + i] = f32(0), f32(0), f32(0)


@inlined
def shine_on(p: Array, rig: Array, k: int, shine: float) -> None:
    """Add light `k`, of which the first casts the shadow.

    Light wraps round skin, red the furthest, as it does inside real skin. Highlights are Blinn's: a broad and a
    narrow one on skin, more at grazing angles; a point on a wet eye.
    """
    zero, one = f32(0), f32(1)
    dx, dy, dz, red, green, blue = rig[k, 0], rig[k, 1], rig[k, 2], rig[k, 3], rig[k, 4], rig[k, 5]
    hx, hy, hz = rig[k, 6], rig[k, 7], rig[k, 8]
    shadowed = f32(1) if k == 1 else f32(0)
    for i in range(COUNT):
        nx, ny, nz, skin = p[NX + i], p[NY + i], p[NZ + i], p[SKIN + i]
        key = one - shadowed * (one - p[KEY + i])
        seen = key * (f32(0.45) + f32(0.55) * p[OPEN + i])
        wrap_r, wrap_g = f32(0.06) + f32(0.30) * skin, f32(0.06) + f32(0.12) * skin
        facing = nx * dx + ny * dy + nz * dz
        back = max(zero, facing + wrap_g) / (one + wrap_g) * seen
        p[R + i] += red * max(zero, facing + wrap_r) / (one + wrap_r) * (seen + f32(0.10) * skin * (one - seen))
        p[G + i] += green * back
        p[B + i] += blue * back
        across, edge = nx * hx + ny * hy + nz * hz, one - max(zero, nz)
        c2 = across * across
        c8 = c2 * c2 * c2 * c2
        c32 = c8 * c8 * c8 * c8
        fresnel = shine * (f32(0.55) + f32(1.6) * edge * edge * edge)
        skinny, wet = (f32(0.05) * c8 + f32(0.07) * c32) * fresnel, f32(2.2) * c32 * c32 * c32
        power = (skinny + p[SHARP + i] * (wet - skinny)) * key if across > f32(0.6) else zero
        p[SHINE_R + i] += red * power
        p[SHINE_G + i] += green * power
        p[SHINE_B + i] += blue * power
