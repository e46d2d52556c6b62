"""The renderer's pixel loop: materials, lights, a shadow and anti-aliasing, in linear light."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.jit import kernel
from faceloom.studio.look import BOTTOM, LEFT, RIGHT, TEXTURE, TOP

Array = npt.NDArray[Any]

# Columns of the per-vertex attributes: canonical position (of eyes: direction from the eye's centre), normal towards
# the camera frame, masks, and the place in the key light's shadow map.
CANONICAL, NORMAL, LIPS, INSIDE, EARS, OPENNESS, SHADOW = 0, 3, 6, 7, 8, 9, 10
ATTRIBUTES: Final = 13

# Places in the flat array of material settings (colours are three linear values).
SKIN, LIP, IRIS, SCLERA, HAIR_, CLOTHES, TEETH, LASH = 0, 3, 6, 9, 12, 15, 18, 21
LIP_STRENGTH, IRIS_RADIUS, PUPIL_RADIUS, SHINE, HAIR_DENSITY, COLLAR, MOUTH_LIGHT = 24, 25, 26, 27, 28, 29, 30
SETTINGS: Final = 31

HAIR_AXIS: Final = 0.5
"""Depth of the vertical axis round which the hairline is measured, in canonical decimetres."""
SHADOW_BIAS: Final = 0.05
FACE: Final = np.uint8(1)


@kernel
def smooth(low: float, high: float, value: float) -> float:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@kernel
def strand(noise: Array, azimuth: float, height: float) -> float:
    """Hair strands: noise that is fine round the head and long down it, 0-1."""
    rows, columns = noise.shape
    x = azimuth * columns * 0.159154943
    y = height * 6.0
    ix, iy = math.floor(x), math.floor(y)
    fx, fy = x - ix, y - iy
    a, b = noise[iy % rows, ix % columns], noise[iy % rows, (ix + 1) % columns]
    c, d = noise[(iy + 1) % rows, ix % columns], noise[(iy + 1) % rows, (ix + 1) % columns]
    top = a + (b - a) * fx
    return top + (c + (d - c) * fx - top) * fy


@kernel
def lit(shadow: Array, u: float, v: float, z: float) -> float:
    """Share of the key light that reaches a point: a 3x3 tent over the shadow map."""
    size = shadow.shape[0]
    x, y = math.floor(u), math.floor(v)
    if x < 1 or y < 1 or x >= size - 2 or y >= size - 2:
        return 1.0
    fx, fy = u - x, v - y
    total = 0.0
    for dy in range(-1, 3):
        wy = (1.0 - fy) if dy == -1 else (fy if dy == 2 else 1.0)
        for dx in range(-1, 3):
            wx = (1.0 - fx) if dx == -1 else (fx if dx == 2 else 1.0)
            if shadow[y + dy, x + dx] <= z + SHADOW_BIAS:
                total += wx * wy
    return total / 9.0


@kernel
def texel(texture: Array, x: float, y: float) -> tuple[float, float, float]:
    """Bilinear skin colour at a canonical position."""
    u = min(max((x - LEFT) / (RIGHT - LEFT) * (TEXTURE - 1), 0.0), TEXTURE - 1.001)
    v = min(max((TOP - y) / (TOP - BOTTOM) * (TEXTURE - 1), 0.0), TEXTURE - 1.001)
    i, j = int(v), int(u)
    fv, fu = v - i, u - j
    p, q, r, s = (1 - fu) * (1 - fv), fu * (1 - fv), (1 - fu) * fv, fu * fv
    return (
        texture[i, j, 0] * p + texture[i, j + 1, 0] * q + texture[i + 1, j, 0] * r + texture[i + 1, j + 1, 0] * s,
        texture[i, j, 1] * p + texture[i, j + 1, 1] * q + texture[i + 1, j, 1] * r + texture[i + 1, j + 1, 1] * s,
        texture[i, j, 2] * p + texture[i, j + 1, 2] * q + texture[i + 1, j, 2] * r + texture[i + 1, j + 1, 2] * s,
    )


@kernel
def body(
    a: Array, texture: Array, settings: Array, hairline: Array, noise: Array
) -> tuple[float, float, float, float, float, float, float]:
    """Material of skin, lips, hair cap, clothes, mouth: colour, gloss, scatter, light that enters, share of hair."""
    x, y, z = a[0], a[1], a[2]
    neckline = settings[COLLAR] + 0.35 * min(abs(x), 0.7) - 0.25 * smooth(0.2, 0.9, z)
    worn = smooth(neckline + 0.015, neckline - 0.015, y)
    if worn > 0.99:
        weave = 0.9 + 0.2 * strand(noise, x * 9.0 + z, y * 3.0)
        return settings[15] * weave, settings[16] * weave, settings[17] * weave, 0.0, 0.0, 1.0, 0.0
    if y < BOTTOM + 0.4:
        k = smooth(BOTTOM, BOTTOM + 0.4, y)
        r, g, b = texel(texture, x, max(y, BOTTOM))
        r, g, b = (
            settings[0] + (r - settings[0]) * k,
            settings[1] + (g - settings[1]) * k,
            settings[2] + (b - settings[2]) * k,
        )
    else:
        r, g, b = texel(texture, x, y)
    lip = min(1.0, a[6] * 1.3) * settings[LIP_STRENGTH]
    r, g, b = r + (settings[3] - r) * lip, g + (settings[4] - g) * lip, b + (settings[5] - b) * lip
    gloss, scatter, light, hair = 1.0 + 1.2 * lip, 1.0, 1.0, 0.0
    if y > 6.0 and (y > 7.4 or z < 0.9):
        azimuth = math.atan2(abs(x), z - HAIR_AXIS)
        step = azimuth * 20.371833
        k = min(63, int(step))
        line = hairline[k] + (hairline[k + 1] - hairline[k]) * (step - k)
        tuft = strand(noise, azimuth if x > 0.0 else -azimuth, y * 0.7)
        hair = smooth(-0.05, 0.09, y - line + 0.16 * (tuft - 0.5)) * settings[HAIR_DENSITY] * (1.0 - a[8])
        shade = 0.45 + 1.1 * tuft
        r, g, b = (
            r + (settings[12] * shade - r) * hair,
            g + (settings[13] * shade - g) * hair,
            b + (settings[14] * shade - b) * hair,
        )
        gloss *= 1.0 - 0.55 * hair
        scatter = 1.0 - hair
    inner = smooth(0.3, 0.7, a[7])
    r, g, b = r + (0.16 - r) * inner, g + (0.025 - g) * inner, b + (0.025 - b) * inner
    light = 1.0 - inner * (1.0 - settings[MOUTH_LIGHT])
    gloss *= 1.0 - inner
    r, g, b = r + (settings[15] - r) * worn, g + (settings[16] - g) * worn, b + (settings[17] - b) * worn
    return r, g, b, gloss * (1.0 - worn), scatter, light, hair


@kernel
def eye(a: Array, settings: Array) -> tuple[float, float, float, float]:
    """Colour of an eyeball and the light that the lids let in."""
    length = math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) + 1e-9
    radius = math.sqrt(a[0] * a[0] + a[1] * a[1]) / length
    if a[2] < 0.0:
        radius = 1.0
    rim, pupil = settings[IRIS_RADIUS], settings[PUPIL_RADIUS]
    ring = 0.7 + 0.5 * (radius - pupil) / (rim - pupil) - 0.55 * smooth(rim * 0.8, rim, radius)
    dark = smooth(pupil - 0.02, pupil + 0.02, radius)
    white = smooth(rim - 0.025, rim + 0.025, radius)
    red = 1.0 - 0.25 * smooth(0.6, 1.0, radius)
    r, g, b = settings[6] * ring * dark, settings[7] * ring * dark, settings[8] * ring * dark
    r, g, b = r + (settings[9] - r) * white, g + (settings[10] * red - g) * white, b + (settings[11] * red - b) * white
    light = 0.95 - 0.4 * smooth(0.05, 0.5, a[1] / length)
    return r + 0.004, g + 0.004, b + 0.004, light


@kernel
def shade(
    a: Array,
    group: int,
    texture: Array,
    settings: Array,
    hairline: Array,
    noise: Array,
    lights: Array,
    sky: Array,
    shadow: Array,
) -> tuple[float, float, float, bool]:
    """Linear colour of one sample and whether it is face skin, from interpolated attributes.

    Args:
        a: (13,) attributes.
        group: One of the mesh's groups.
        texture: (h, w, 3) skin, linear.
        settings: (31,) materials.
        hairline: (65,) by azimuth.
        noise: Strand noise.
        lights: (k, 6) unit direction and colour; the first casts the shadow.
        sky: (2, 3) ambient light from above and from below.
        shadow: (s, s) depth seen from the first light.
    """
    nx, ny, nz = a[3], a[4], a[5]
    length = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-9
    nx, ny, nz = nx / length, ny / length, nz / length
    gloss, scatter, light, hair, sharp = 0.0, 0.0, 1.0, 0.0, 0.0
    openness = min(1.0, 0.42 + 0.68 * a[OPENNESS])
    if group == 0:
        r, g, b, gloss, scatter, light, hair = body(a, texture, settings, hairline, noise)
    elif group <= 2:
        r, g, b, light = eye(a, settings)
        openness, sharp, gloss = 1.0, 1.0, 0.4
    elif group <= 4:
        r, g, b, light, openness, gloss = (
            settings[18],
            settings[19],
            settings[20],
            1.5 * settings[MOUTH_LIGHT],
            1.0,
            0.5,
        )
    elif group == 5:
        r, g, b, light, openness = 0.36, 0.08, 0.08, 1.3 * settings[MOUTH_LIGHT], 1.0
    elif group <= 7:
        r, g, b, openness = settings[21], settings[22], settings[23], 1.0
    else:
        tuft = strand(noise, math.atan2(a[0], a[2] - HAIR_AXIS), a[1] * 0.4)
        tone = 0.4 + 1.1 * tuft
        r, g, b, gloss, hair, openness = settings[12] * tone, settings[13] * tone, settings[14] * tone, 0.45, 1.0, 0.9
        if nz < 0.0:
            nx, ny, nz, openness = -nx, -ny, -nz, 0.45
    up = 0.5 + 0.5 * ny
    lr = (sky[1, 0] + (sky[0, 0] - sky[1, 0]) * up) * (openness + 0.12 * scatter * (1.0 - openness))
    lg = (sky[1, 1] + (sky[0, 1] - sky[1, 1]) * up) * openness
    lb = (sky[1, 2] + (sky[0, 2] - sky[1, 2]) * up) * openness
    sr, sg, sb = 0.0, 0.0, 0.0
    fresnel = 0.55 + 1.6 * (1.0 - max(0.0, nz)) ** 3
    for k in range(lights.shape[0]):
        seen = lit(shadow, a[10], a[11], a[12]) if k == 0 else 1.0
        seen *= 0.45 + 0.55 * openness
        facing = nx * lights[k, 0] + ny * lights[k, 1] + nz * lights[k, 2]
        wrap_r, wrap_g = 0.06 + 0.30 * scatter, 0.06 + 0.12 * scatter
        lr += lights[k, 3] * max(0.0, (facing + wrap_r) / (1.0 + wrap_r)) * (seen + 0.10 * scatter * (1.0 - seen))
        lg += lights[k, 4] * max(0.0, (facing + wrap_g) / (1.0 + wrap_g)) * seen
        lb += lights[k, 5] * max(0.0, (facing + wrap_g) / (1.0 + wrap_g)) * seen
        if facing > 0.0 and gloss > 0.0:
            hx, hy, hz = lights[k, 0], lights[k, 1], lights[k, 2] + 1.0
            across = (nx * hx + ny * hy + nz * hz) / math.sqrt(hx * hx + hy * hy + hz * hz)
            if across > 0.0:
                c2 = across * across
                c8 = c2 * c2 * c2 * c2
                c32 = c8 * c8 * c8 * c8
                power = seen * (
                    sharp * 2.2 * c32 * c32 * c32 + (1.0 - sharp) * settings[SHINE] * (0.05 * c8 + 0.07 * c32) * fresnel
                )
                sr, sg, sb = sr + lights[k, 3] * power, sg + lights[k, 4] * power, sb + lights[k, 5] * power
    gloss *= 1.0 - 0.3 * hair
    face = group <= 2 and hair < 0.5 and a[1] > 6.35 and (group > 0 or a[2] > 0.75)
    return (r * lr + sr * gloss) * light, (g * lg + sg * gloss) * light, (b * lb + sb * gloss) * light, face


@kernel
def interpolate(x: float, y: float, corner: Array, screen: Array, attributes: Array, out: Array) -> None:
    """Attributes of a triangle at a sample position (extrapolated just beyond its edges)."""
    i, j, k = corner[0], corner[1], corner[2]
    bx, by = screen[j, 0] - screen[i, 0], screen[j, 1] - screen[i, 1]
    cx, cy = screen[k, 0] - screen[i, 0], screen[k, 1] - screen[i, 1]
    inverse = 1.0 / (bx * cy - cx * by)
    px, py = x - screen[i, 0], y - screen[i, 1]
    wj = min(1.3, max(-0.3, (px * cy - cx * py) * inverse))
    wk = min(1.3, max(-0.3, (bx * py - px * by) * inverse))
    wi = 1.0 - wj - wk
    for n in range(attributes.shape[1]):
        out[n] = wi * attributes[i, n] + wj * attributes[j, n] + wk * attributes[k, n]


@kernel
def resolve(
    ids: Array,
    depth: Array,
    screen: Array,
    triangles: Array,
    groups: Array,
    attributes: Array,
    texture: Array,
    settings: Array,
    hairline: Array,
    noise: Array,
    lights: Array,
    sky: Array,
    shadow: Array,
    slack: float,
    image: Array,
    face: Array,
) -> None:
    """Shade a z-buffer of 2x2 samples a pixel onto a linear image: one sample inside surfaces, four at their edges.

    Args:
        ids: (2h, 2w) triangles of the samples; depth likewise; `screen` in samples.
        depth: Larger is nearer.
        screen: (n, 3).
        triangles: (m, 3).
        groups: (m,).
        attributes: (n, 13).
        texture: see `shade`, as for settings, hairline, noise, lights, sky and shadow.
        settings: see `shade`.
        hairline: see `shade`.
        noise: see `shade`.
        lights: see `shade`.
        sky: see `shade`.
        shadow: see `shade`.
        slack: Depth range of one surface inside a pixel.
        image: (h, w, 3) linear; holds the background, is painted over.
        face: (h, w) uint8 written: 1 where face skin or eyes are seen.
    """
    a = np.empty(attributes.shape[1], np.float32)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            face[y, x] = 0
            hits, near, far, plain = 0, -1e9, 1e9, True
            first = ids[2 * y, 2 * x]
            for s in range(4):
                t = ids[2 * y + s // 2, 2 * x + s % 2]
                if t >= 0:
                    hits += 1
                    z = depth[2 * y + s // 2, 2 * x + s % 2]
                    near, far = max(near, z), min(far, z)
                    plain = plain and first >= 0 and groups[t] == groups[first] and groups[t] == 0
            if hits == 0:
                continue
            if hits == 4 and plain and near - far < slack:
                interpolate(2 * x + 0.5, 2 * y + 0.5, triangles[first], screen, attributes, a)
                r, g, b, seen = shade(a, groups[first], texture, settings, hairline, noise, lights, sky, shadow)
                image[y, x, 0], image[y, x, 1], image[y, x, 2] = r, g, b
                face[y, x] = seen
                continue
            r, g, b = image[y, x, 0], image[y, x, 1], image[y, x, 2]
            r, g, b, faces = r * (4 - hits), g * (4 - hits), b * (4 - hits), 0
            for s in range(4):
                sy, sx = 2 * y + s // 2, 2 * x + s % 2
                t = ids[sy, sx]
                if t >= 0:
                    interpolate(sx, sy, triangles[t], screen, attributes, a)
                    dr, dg, db, seen = shade(a, groups[t], texture, settings, hairline, noise, lights, sky, shadow)
                    r, g, b, faces = r + dr, g + dg, b + db, faces + seen
            image[y, x, 0], image[y, x, 1], image[y, x, 2] = r * 0.25, g * 0.25, b * 0.25
            face[y, x] = faces >= 2


@kernel
def encode(linear: Array, table: Array, image: Array) -> None:
    """Linear light to 8-bit sRGB through a table over 0 to 2."""
    last = table.shape[0] - 1
    for y in range(linear.shape[0]):
        for x in range(linear.shape[1]):
            for c in range(3):
                image[y, x, c] = table[max(0, min(last, int(linear[y, x, c] * 0.5 * last)))]
