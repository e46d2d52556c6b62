"""How much light a surface gives back: sky, lights with wrap for skin, one shadow, highlights."""

from __future__ import annotations

from typing import Any, Final

import numpy.typing as npt

from faceloom.studio.jit import inlined

Array = npt.NDArray[Any]

# Columns of the light rig: row 0 is the sky from above and below, each further row a light.
DIRECTION, COLOUR, HALFWAY = 0, 3, 6
RIG_COLUMNS: Final = 9

SHADOW_BIAS: Final = 0.06


@inlined
def lit(shadow: Array, u: float, v: float, z: float) -> float:
    """Share of the key light that reaches a point: four comparisons in the shadow map, blended."""
    size = shadow.shape[0]
    x, y = int(u), int(v)
    if u < 0.0 or v < 0.0 or x >= size - 1 or y >= size - 1:
        return 1.0
    fx, fy = u - x, v - y
    reach = z + SHADOW_BIAS
    near, total = 1.0 - fx, 0.0
    if shadow[y, x] <= reach:
        total += near * (1.0 - fy)
    if shadow[y, x + 1] <= reach:
        total += fx * (1.0 - fy)
    if shadow[y + 1, x] <= reach:
        total += near * fy
    if shadow[y + 1, x + 1] <= reach:
        total += fx * fy
    return total


@inlined
def diffuse(
    rig: Array, nx: float, ny: float, nz: float, open_: float, skin: float, key: float
) -> tuple[float, float, float]:
    """Sky and lights on a matt surface. Light wraps round skin, red the furthest, as it does inside real skin."""
    up = 0.5 + 0.5 * ny
    warm = open_ + 0.12 * skin * (1.0 - open_)
    r = (rig[0, 3] + (rig[0, 0] - rig[0, 3]) * up) * warm
    g = (rig[0, 4] + (rig[0, 1] - rig[0, 4]) * up) * open_
    b = (rig[0, 5] + (rig[0, 2] - rig[0, 5]) * up) * open_
    wrap_r, wrap_g = 0.06 + 0.30 * skin, 0.06 + 0.12 * skin
    scale_r, scale_g = 1.0 / (1.0 + wrap_r), 1.0 / (1.0 + wrap_g)
    seen = key * (0.45 + 0.55 * open_)
    for k in range(1, rig.shape[0]):
        facing = nx * rig[k, 0] + ny * rig[k, 1] + nz * rig[k, 2]
        red, green = max(0.0, (facing + wrap_r) * scale_r), max(0.0, (facing + wrap_g) * scale_g) * seen
        r += rig[k, 3] * red * (seen + 0.10 * skin * (1.0 - seen))
        g += rig[k, 4] * green
        b += rig[k, 5] * green
        seen = 0.45 + 0.55 * open_
    return r, g, b


@inlined
def highlight(
    rig: Array, nx: float, ny: float, nz: float, shine: float, sharp: bool, key: float
) -> tuple[float, float, float]:
    """Blinn highlights: a broad and a narrow one on skin, more at grazing angles; a point on a wet eye."""
    edge = 1.0 - max(0.0, nz)
    fresnel = shine * (0.55 + 1.6 * edge * edge * edge)
    r, g, b = 0.0, 0.0, 0.0
    for k in range(1, rig.shape[0]):
        across = nx * rig[k, 6] + ny * rig[k, 7] + nz * rig[k, 8]
        if across > 0.6:
            c2 = across * across
            c8 = c2 * c2 * c2 * c2
            c32 = c8 * c8 * c8 * c8
            power = 2.2 * c32 * c32 * c32 if sharp else (0.05 * c8 + 0.07 * c32) * fresnel
            power *= key if k == 1 else 1.0
            r, g, b = r + rig[k, 3] * power, g + rig[k, 4] * power, b + rig[k, 5] * power
    return r, g, b
