"""What a point of the head is made of: the pixel shader's materials."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy.typing as npt

from faceloom.studio.jit import inlined
from faceloom.studio.look import BOTTOM, LEFT, RIGHT, TEXTURE, TOP

Array = npt.NDArray[Any]

# Places in the flat array of material settings (colours are three linear values).
SKIN, LIP, IRIS, SCLERA, HAIR, CLOTHES, TEETH, LASH = 0, 3, 6, 9, 12, 15, 18, 21
LIP_STRENGTH, IRIS_RADIUS, PUPIL_RADIUS, SHINE, HAIR_DENSITY, COLLAR, MOUTH_LIGHT = 24, 25, 26, 27, 28, 29, 30
SETTINGS: Final = 31

HAIR_AXIS: Final = 0.5
"""Depth of the vertical axis round which the hairline is measured, in canonical decimetres."""


@inlined
def smooth(low: float, high: float, value: float) -> float:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = min(1.0, max(0.0, (value - low) / (high - low)))
    return t * t * (3.0 - 2.0 * t)


@inlined
def strand(noise: Array, azimuth: float, height: float) -> float:
    """Hair strands: noise that is fine round the head and long down it, 0-1; both arguments at least 0.

    The noise is (64, 512): powers of two, so that wrapping is a mask.
    """
    x, y = azimuth * 81.487331, height * 6.0
    ix, iy = int(x), int(y)
    fx, fy = x - ix, y - iy
    top, below, left, right = iy & 63, (iy + 1) & 63, ix & 511, (ix + 1) & 511
    a, b, c, d = noise[top, left], noise[top, right], noise[below, left], noise[below, right]
    upper = a + (b - a) * fx
    return float(upper + (c + (d - c) * fx - upper) * fy)


@inlined
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


@inlined
def clothing(x: float, y: float, z: float, settings: Array) -> float:
    """Share of clothes at a canonical position: a round neckline."""
    neckline = settings[COLLAR] + 0.35 * min(abs(x), 0.7) - 0.25 * smooth(0.2, 0.9, z)
    return 1.0 - smooth(-0.015, 0.015, y - neckline)


@inlined
def hair(above: float, azimuth: float, y: float, settings: Array, noise: Array) -> tuple[float, float]:
    """Share of hair at a height above the hairline, and the strands' tone 0-1."""
    if above < -0.2:
        return 0.0, 0.0
    tuft = strand(noise, azimuth, y * 0.7)
    fine = strand(noise, 3.0 * azimuth, y * 2.5 + 9.0)
    share = smooth(-0.07, 0.10, above + 0.13 * (tuft - 0.5) + 0.10 * (fine - 0.5))
    return share * settings[HAIR_DENSITY], 0.65 * tuft + 0.35 * fine


@inlined
def body(
    a: Array, texture: Array, settings: Array, noise: Array
) -> tuple[float, float, float, float, float, float, float]:
    """Skin, lips, hair cap, clothes, mouth: colour, gloss, skin's share, light that enters, hair's share."""
    x, y, z = a[0], a[1], a[2]
    worn = 0.0
    if y < 6.4:
        worn = clothing(x, y, z, settings)
        if worn > 0.99:
            weave = 0.9 + 0.2 * strand(noise, x * 9.0 + z + 20.0, y * 3.0)
            return settings[15] * weave, settings[16] * weave, settings[17] * weave, 0.0, 0.0, 1.0, 0.0
    r, g, b = texel(texture, x, max(y, BOTTOM))
    gloss, skin, light, cover = 1.0, 1.0, 1.0, 0.0
    if y < BOTTOM + 0.5:
        k = smooth(BOTTOM, BOTTOM + 0.5, y)
        r, g, b = (
            settings[0] + (r - settings[0]) * k,
            settings[1] + (g - settings[1]) * k,
            settings[2] + (b - settings[2]) * k,
        )
    if a[6] > 0.0:
        lip = min(1.0, a[6] * 1.3) * settings[LIP_STRENGTH]
        r, g, b = r + (settings[3] - r) * lip, g + (settings[4] - g) * lip, b + (settings[5] - b) * lip
        gloss += 1.2 * lip
    if a[8] > -0.2:
        cover, tone = hair(a[8], a[13], y, settings, noise)
        shade = 0.45 + 1.1 * tone
        r += (settings[12] * shade - r) * cover
        g += (settings[13] * shade - g) * cover
        b += (settings[14] * shade - b) * cover
        gloss *= 1.0 - 0.6 * cover
        skin = 1.0 - cover
    if a[7] > 0.3:
        inner = smooth(0.3, 0.7, a[7])
        r, g, b = r + (0.16 - r) * inner, g + (0.025 - g) * inner, b + (0.025 - b) * inner
        light = 1.0 - inner * (1.0 - settings[MOUTH_LIGHT])
        gloss *= 1.0 - inner
    if worn > 0.0:
        r, g, b = r + (settings[15] - r) * worn, g + (settings[16] - g) * worn, b + (settings[17] - b) * worn
        gloss *= 1.0 - worn
    return r, g, b, gloss, skin, light, cover


@inlined
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


@inlined
def long_hair(a: Array, settings: Array, noise: Array) -> tuple[float, float, float]:
    """Colour of hair that falls beside the face."""
    tone = 0.4 + 1.1 * strand(noise, math.atan2(a[0], a[2] - HAIR_AXIS) + 4.0, a[1] * 0.4)
    return settings[12] * tone, settings[13] * tone, settings[14] * tone
