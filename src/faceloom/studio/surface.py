"""What a point of the head is made of: the pixel shader's materials."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy.typing as npt

from faceloom.studio.jit import f32, inlined
from faceloom.studio.look import BOTTOM, LEFT, RIGHT, TEXTURE, TOP

Array = npt.NDArray[Any]

# Places in the flat array of material settings (colours are three linear values).
SKIN, LIP, IRIS, SCLERA, HAIR, CLOTHES, TEETH, LASH = 0, 3, 6, 9, 12, 15, 18, 21
LIP_STRENGTH, IRIS_RADIUS, PUPIL_RADIUS, SHINE, HAIR_DENSITY, COLLAR, MOUTH_LIGHT = 24, 25, 26, 27, 28, 29, 30
SETTINGS: Final = 31

HAIR_AXIS: Final = 0.5
"""Depth of the vertical axis round which the hairline is measured, in canonical decimetres."""

EDGE_X, EDGE_Y = f32(LEFT), f32(TOP)
TEXELS_X, TEXELS_Y = f32((TEXTURE - 1) / (RIGHT - LEFT)), f32((TEXTURE - 1) / (TOP - BOTTOM))
LAST_TEXEL: Final = f32(TEXTURE - 1.001)


@inlined
def smooth(low: float, high: float, value: float) -> float:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = min(f32(1), max(f32(0), (value - low) / (high - low)))
    share: float = t * t * (f32(3) - f32(2) * t)
    return share


@inlined
def strand(noise: Array, azimuth: float, height: float) -> float:
    """Hair strands: noise that is fine round the head and long down it, 0-1; both arguments at least 0.

    The noise is (64, 512): powers of two, so that wrapping is a mask.
    """
    x, y = azimuth * f32(81.487331), height * f32(6)
    ix, iy = int(x), int(y)
    fx, fy = x - f32(ix), y - f32(iy)
    top, below, left, right = iy & 63, (iy + 1) & 63, ix & 511, (ix + 1) & 511
    a, b, c, d = noise[top, left], noise[top, right], noise[below, left], noise[below, right]
    upper = a + (b - a) * fx
    return float(upper + (c + (d - c) * fx - upper) * fy)


@inlined
def texel(texture: Array, x: float, y: float) -> tuple[float, float, float]:
    """Bilinear skin colour at a canonical position."""
    u = min(max((x - EDGE_X) * TEXELS_X, f32(0)), LAST_TEXEL)
    v = min(max((EDGE_Y - y) * TEXELS_Y, f32(0)), LAST_TEXEL)
    i, j = int(v), int(u)
    fv, fu = v - f32(i), u - f32(j)
    gv, gu = f32(1) - fv, f32(1) - fu
    p, q, r, s = gu * gv, fu * gv, gu * fv, fu * fv
    return (
        texture[i, j, 0] * p + texture[i, j + 1, 0] * q + texture[i + 1, j, 0] * r + texture[i + 1, j + 1, 0] * s,
        texture[i, j, 1] * p + texture[i, j + 1, 1] * q + texture[i + 1, j, 1] * r + texture[i + 1, j + 1, 1] * s,
        texture[i, j, 2] * p + texture[i, j + 1, 2] * q + texture[i + 1, j, 2] * r + texture[i + 1, j + 1, 2] * s,
    )


@inlined
def clothing(x: float, y: float, z: float, settings: Array) -> float:
    """Share of clothes at a canonical position: a round neckline."""
    neckline = settings[COLLAR] + f32(0.35) * min(abs(x), f32(0.7)) - f32(0.25) * smooth(f32(0.2), f32(0.9), z)
    share: float = f32(1) - smooth(-f32(0.015), f32(0.015), y - neckline)
    return share


@inlined
def hair(above: float, azimuth: float, y: float, settings: Array, noise: Array) -> tuple[float, float]:
    """Share of hair at a height above the hairline, and the strands' tone 0-1."""
    if above < -f32(0.2):
        return f32(0), f32(0)
    tuft = strand(noise, azimuth, y * f32(0.7))
    fine = strand(noise, f32(3) * azimuth, y * f32(2.5) + f32(9))
    share = smooth(-f32(0.07), f32(0.10), above + f32(0.13) * (tuft - f32(0.5)) + f32(0.10) * (fine - f32(0.5)))
    return share * settings[HAIR_DENSITY], f32(0.65) * tuft + f32(0.35) * fine


@inlined
def body(
    a: Array, texture: Array, settings: Array, noise: Array
) -> tuple[float, float, float, float, float, float, float]:
    """Skin, lips, hair cap, clothes, mouth: colour, gloss, skin's share, light that enters, hair's share."""
    x, y, z = a[0], a[1], a[2]
    worn = f32(0)
    if y < f32(6.4):
        worn = clothing(x, y, z, settings)
        if worn > f32(0.99):
            weave = f32(0.9) + f32(0.2) * strand(noise, x * f32(9) + z + f32(20), y * f32(3))
            return settings[15] * weave, settings[16] * weave, settings[17] * weave, f32(0), f32(0), f32(1), f32(0)
    r, g, b = texel(texture, x, max(y, f32(BOTTOM)))
    gloss, skin, light, cover = f32(1), f32(1), f32(1), f32(0)
    if y < f32(BOTTOM + 0.5):
        k = smooth(BOTTOM, f32(BOTTOM + 0.5), y)
        r, g, b = (
            settings[0] + (r - settings[0]) * k,
            settings[1] + (g - settings[1]) * k,
            settings[2] + (b - settings[2]) * k,
        )
    if a[6] > f32(0):
        lip = min(f32(1), a[6] * f32(1.3)) * settings[LIP_STRENGTH]
        r, g, b = r + (settings[3] - r) * lip, g + (settings[4] - g) * lip, b + (settings[5] - b) * lip
        gloss += f32(1.2) * lip
    if a[8] > -f32(0.2):
        cover, tone = hair(a[8], a[13], y, settings, noise)
        shade = f32(0.45) + f32(1.1) * tone
        r += (settings[12] * shade - r) * cover
        g += (settings[13] * shade - g) * cover
        b += (settings[14] * shade - b) * cover
        gloss *= f32(1) - f32(0.6) * cover
        skin = f32(1) - cover
    if a[7] > f32(0.3):
        inner = smooth(f32(0.3), f32(0.7), a[7])
        r, g, b = r + (f32(0.16) - r) * inner, g + (f32(0.025) - g) * inner, b + (f32(0.025) - b) * inner
        light = f32(1) - inner * (f32(1) - settings[MOUTH_LIGHT])
        gloss *= f32(1) - inner
    if worn > f32(0):
        r, g, b = r + (settings[15] - r) * worn, g + (settings[16] - g) * worn, b + (settings[17] - b) * worn
        gloss *= f32(1) - worn
    return r, g, b, gloss, skin, light, cover


@inlined
def eye(a: Array, settings: Array) -> tuple[float, float, float, float]:
    """Colour of an eyeball and the light that the lids let in."""
    length = math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]) + 1e-9
    radius = math.sqrt(a[0] * a[0] + a[1] * a[1]) / length
    if a[2] < f32(0):
        radius = f32(1)
    rim, pupil = settings[IRIS_RADIUS], settings[PUPIL_RADIUS]
    ring = f32(0.7) + f32(0.5) * (radius - pupil) / (rim - pupil) - f32(0.55) * smooth(rim * f32(0.8), rim, radius)
    dark = smooth(pupil - f32(0.02), pupil + f32(0.02), radius)
    white = smooth(rim - f32(0.025), rim + f32(0.025), radius)
    red = f32(1) - f32(0.25) * smooth(f32(0.6), f32(1), radius)
    r, g, b = settings[6] * ring * dark, settings[7] * ring * dark, settings[8] * ring * dark
    r, g, b = r + (settings[9] - r) * white, g + (settings[10] * red - g) * white, b + (settings[11] * red - b) * white
    light = f32(0.95) - f32(0.4) * smooth(f32(0.05), f32(0.5), a[1] / length)
    return r + f32(0.004), g + f32(0.004), b + f32(0.004), light


@inlined
def long_hair(a: Array, settings: Array, noise: Array) -> tuple[float, float, float]:
    """Colour of hair that falls beside the face."""
    tone = f32(0.4) + f32(1.1) * strand(noise, math.atan2(a[0], a[2] - f32(HAIR_AXIS)) + f32(4), a[1] * f32(0.4))
    return settings[12] * tone, settings[13] * tone, settings[14] * tone
