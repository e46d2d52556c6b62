"""What the renderer's fragments look like: interpolated attributes, normals and materials, for `lighting`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy.typing as npt

from faceloom.studio import lighting
from faceloom.studio.jit import f32, inlined
from faceloom.studio.lighting import lit
from faceloom.studio.surface import LASH, MOUTH_LIGHT, TEETH, body, eye, long_hair

Array = npt.NDArray[Any]

# Columns of the per-vertex attributes: canonical position (of eyes: direction from the eye's centre), normal in the
# camera's frame, masks, height above the hairline, and the place in the key light's shadow map.
CANONICAL, NORMAL, LIPS, INSIDE, ABOVE_HAIRLINE, OPENNESS, SHADOW, AZIMUTH = 0, 3, 6, 7, 8, 9, 10, 13
ATTRIBUTES: Final = 16

RED, GREEN, BLUE, NX, NY, NZ = (getattr(lighting, name) for name in ("RED", "GREEN", "BLUE", "NX", "NY", "NZ"))
OPEN, SKIN, KEY, GLOSS, SHARP = lighting.OPEN, lighting.SKIN, lighting.KEY, lighting.GLOSS, lighting.SHARP


@inlined
def interpolate(
    f: Array, corners: Array, spots: Array, count: int, triangles: Array, screen: Array, attributes: Array
) -> None:
    """Attributes (COUNT, 16) of fragments at their spots in triangles (extrapolated just beyond their edges)."""
    for n in range(count):
        t = corners[n]
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = screen[i, 0], screen[i, 1]
        bx, by = screen[j, 0] - ax, screen[j, 1] - ay
        cx, cy = screen[k, 0] - ax, screen[k, 1] - ay
        inverse = f32(1) / (bx * cy - cx * by)
        px, py = spots[n, 0] - ax, spots[n, 1] - ay
        vj = min(f32(1.3), max(f32(-0.3), (px * cy - cx * py) * inverse))
        vk = min(f32(1.3), max(f32(-0.3), (bx * py - px * by) * inverse))
        vi = f32(1) - vj - vk
        for c in range(ATTRIBUTES):  # a constant count that fills vector registers
            f[n, c] = vi * attributes[i, c] + vj * attributes[j, c] + vk * attributes[k, c]


@inlined
def orient(p: Array, f: Array, count: int, shadow: Array) -> None:
    """Unit normals, ambient light and the share of the key light."""
    for i in range(count):
        x, y, z = f[i, 3], f[i, 4], f[i, 5]
        inverse = f32(1) / math.sqrt(x * x + y * y + z * z + f32(1e-9))
        p[NX + i], p[NY + i], p[NZ + i] = x * inverse, y * inverse, z * inverse
        p[OPEN + i] = min(f32(1), f32(0.42) + f32(0.68) * f[i, OPENNESS])
    for i in range(count):
        p[KEY + i] = lit(shadow, f[i, SHADOW], f[i, SHADOW + 1], f[i, SHADOW + 2])


@inlined
def lay(p: Array, i: int, a: Array, group: int, texture: Array, settings: Array, noise: Array) -> bool:
    """Write one fragment's material into the planes of `lighting`; returns whether it is face skin or an eye.

    Args:
        p: Planes, with normals and ambient light.
        i: Place of the fragment.
        a: (16,) attributes.
        group: One of the mesh's groups.
        texture: (h, w, 3) skin, linear.
        settings: Materials, in the order of `surface`.
        noise: Strand noise.
    """
    gloss, skin, light, cover, sharp = f32(0), f32(0), f32(1), f32(0), f32(0)
    if group == 0:
        r, g, b, gloss, skin, light, cover = body(a, texture, settings, noise)
    elif group <= 2:
        r, g, b, light = eye(a, settings)
        p[OPEN + i], sharp, gloss = f32(1), f32(1), f32(0.4)
    elif group <= 4:
        r, g, b = settings[TEETH], settings[TEETH + 1], settings[TEETH + 2]
        light, p[OPEN + i], gloss = f32(1.5) * settings[MOUTH_LIGHT], f32(1), f32(0.5)
    elif group == 5:
        r, g, b, light, p[OPEN + i] = f32(0.36), f32(0.08), f32(0.08), f32(1.3) * settings[MOUTH_LIGHT], f32(1)
    elif group <= 7:
        r, g, b, p[OPEN + i] = settings[LASH], settings[LASH + 1], settings[LASH + 2], f32(1)
    else:
        r, g, b = long_hair(a, settings, noise)
        gloss, cover, p[OPEN + i] = f32(0.45), f32(1), f32(0.9)
        if p[NZ + i] < f32(0):
            p[NX + i], p[NY + i], p[NZ + i], p[OPEN + i] = -p[NX + i], -p[NY + i], -p[NZ + i], f32(0.45)
    p[RED + i], p[GREEN + i], p[BLUE + i] = r * light, g * light, b * light
    p[SKIN + i], p[GLOSS + i], p[SHARP + i] = skin, gloss * light, sharp
    return (group <= 2 and cover < f32(0.5) and a[1] > f32(6.35) and a[2] > f32(0.75)) or group == 1 or group == 2
