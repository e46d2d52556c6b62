"""The renderer's pixel loop: materials and lights per sample, anti-aliasing, in linear light."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.assets import HAIR
from faceloom.studio.jit import inlined, kernel
from faceloom.studio.lighting import diffuse, highlight, lit
from faceloom.studio.surface import LASH, MOUTH_LIGHT, SHINE, TEETH, body, eye, long_hair

Array = npt.NDArray[Any]

# Columns of the per-vertex attributes: canonical position (of eyes: direction from the eye's centre), normal in the
# camera's frame, masks, height above the hairline, and the place in the key light's shadow map.
CANONICAL, NORMAL, LIPS, INSIDE, ABOVE_HAIRLINE, OPENNESS, SHADOW, AZIMUTH = 0, 3, 6, 7, 8, 9, 10, 13
ATTRIBUTES: Final = 16


@inlined
def shade(
    a: Array, group: int, texture: Array, settings: Array, noise: Array, rig: Array, shadow: Array
) -> tuple[float, float, float, bool]:
    """Linear colour of one sample and whether it is face skin, from interpolated attributes.

    Args:
        a: (16,) attributes.
        group: One of the mesh's groups.
        texture: (h, w, 3) skin, linear.
        settings: Materials, in the order of `surface`.
        noise: Strand noise.
        rig: (1 + k, 9) sky and lights, in the order of `lighting`.
        shadow: (s, s) depth seen from the first light.
    """
    inverse = 1.0 / math.sqrt(a[3] * a[3] + a[4] * a[4] + a[5] * a[5] + 1e-9)
    nx, ny, nz = a[3] * inverse, a[4] * inverse, a[5] * inverse
    gloss, skin, light, cover, sharp = 0.0, 0.0, 1.0, 0.0, False
    openness = min(1.0, 0.42 + 0.68 * a[OPENNESS])
    if group == 0:
        r, g, b, gloss, skin, light, cover = body(a, texture, settings, noise)
    elif group <= 2:
        r, g, b, light = eye(a, settings)
        openness, sharp, gloss = 1.0, True, 0.4
    elif group <= 4:
        r, g, b = settings[TEETH], settings[TEETH + 1], settings[TEETH + 2]
        light, openness, gloss = 1.5 * settings[MOUTH_LIGHT], 1.0, 0.5
    elif group == 5:
        r, g, b, light, openness = 0.36, 0.08, 0.08, 1.3 * settings[MOUTH_LIGHT], 1.0
    elif group <= 7:
        r, g, b, openness = settings[LASH], settings[LASH + 1], settings[LASH + 2], 1.0
    else:
        r, g, b = long_hair(a, settings, noise)
        gloss, cover, openness = 0.45, 1.0, 0.9
        if nz < 0.0:
            nx, ny, nz, openness = -nx, -ny, -nz, 0.45
    key = lit(shadow, a[10], a[11], a[12])
    lr, lg, lb = diffuse(rig, nx, ny, nz, openness, skin, key)
    face = (group <= 2 and cover < 0.5 and a[1] > 6.35 and a[2] > 0.75) or group == 1 or group == 2
    r, g, b = r * lr, g * lg, b * lb
    if gloss > 0.0:
        sr, sg, sb = highlight(rig, nx, ny, nz, settings[SHINE], sharp, key)
        r, g, b = r + sr * gloss, g + sg * gloss, b + sb * gloss
    return r * light, g * light, b * light, face


@inlined
def interpolate(x: float, y: float, t: int, triangles: Array, screen: Array, attributes: Array, out: Array) -> None:
    """Attributes of a triangle at a sample position (extrapolated just beyond its edges)."""
    i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
    ax, ay = screen[i, 0], screen[i, 1]
    bx, by = screen[j, 0] - ax, screen[j, 1] - ay
    cx, cy = screen[k, 0] - ax, screen[k, 1] - ay
    inverse = 1.0 / (bx * cy - cx * by)
    px, py = x - ax, y - ay
    wj = min(1.3, max(-0.3, (px * cy - cx * py) * inverse))
    wk = min(1.3, max(-0.3, (bx * py - px * by) * inverse))
    # single precision, and a constant count that fills vector registers: the loop becomes a few instructions
    vi, vj, vk = np.float32(1.0 - wj - wk), np.float32(wj), np.float32(wk)
    for n in range(ATTRIBUTES):
        out[n] = vi * attributes[i, n] + vj * attributes[j, n] + vk * attributes[k, n]


@kernel
def resolve(
    ids: Array, depth: Array, screen: Array, triangles: Array, groups: Array, attributes: Array,
    texture: Array, settings: Array, noise: Array, rig: Array, shadow: Array,
    slack: float, image: Array, face: Array, a: Array,
) -> None:  # fmt: skip
    """Shade a z-buffer of 2x2 samples a pixel onto a linear image: one sample inside skin and hair, four elsewhere.

    Args:
        ids: (2h, 2w) triangles of the samples; depth likewise; `screen` in samples.
        depth: Larger is nearer.
        screen: (n, 3).
        triangles: (m, 3).
        groups: (m,).
        attributes: (n, 16).
        texture: see `shade`, as for settings, noise, rig and shadow.
        settings: see `shade`.
        noise: see `shade`.
        rig: see `shade`.
        shadow: see `shade`.
        slack: Depth range of one surface inside a pixel.
        image: (h, w, 3) linear; holds the background, is painted over.
        face: (h, w) uint8 written: 1 where face skin or eyes are seen.
        a: (16,) scratch.
    """
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            face[y, x] = 0
            u, v = 2 * x, 2 * y
            t0, t1, t2, t3 = ids[v, u], ids[v, u + 1], ids[v + 1, u], ids[v + 1, u + 1]
            if t0 < 0 and t1 < 0 and t2 < 0 and t3 < 0:
                continue
            plain = t0 == t1 == t2 == t3 and (groups[t0] == 0 or groups[t0] == HAIR)
            if not plain and t0 >= 0 and t1 >= 0 and t2 >= 0 and t3 >= 0:
                z0, z1, z2, z3 = depth[v, u], depth[v, u + 1], depth[v + 1, u], depth[v + 1, u + 1]
                plain = max(max(z0, z1), max(z2, z3)) - min(min(z0, z1), min(z2, z3)) < slack
                first = groups[t0]
                plain = plain and (first == 0 or first == HAIR)
                plain = plain and first == groups[t1] and first == groups[t2] and first == groups[t3]
            r, g, b, samples, faces = 0.0, 0.0, 0.0, 1 if plain else 4, 0
            for s in range(samples):
                sx, sy = (s & 1), (s >> 1)
                t = ids[v + sy, u + sx]
                if t < 0:
                    r, g, b = r + image[y, x, 0], g + image[y, x, 1], b + image[y, x, 2]
                    continue
                middle = 0.5 if plain else 0.0
                interpolate(u + sx + middle, v + sy + middle, t, triangles, screen, attributes, a)
                dr, dg, db, seen = shade(a, groups[t], texture, settings, noise, rig, shadow)
                r, g, b, faces = r + dr, g + dg, b + db, faces + seen
            share = 1.0 if plain else 0.25
            image[y, x, 0], image[y, x, 1], image[y, x, 2] = r * share, g * share, b * share
            face[y, x] = 2 * faces >= samples


@kernel
def encode(linear: Array, table: Array, image: Array) -> None:
    """Linear light to 8-bit sRGB through a table over 0 to 2."""
    last = table.shape[0] - 1
    for y in range(linear.shape[0]):
        for x in range(linear.shape[1]):
            for c in range(3):
                image[y, x, c] = table[max(0, min(last, int(linear[y, x, c] * 0.5 * last)))]
