"""The renderer's pixel loop: samples become fragments, many fragments are painted at once, pixels become bytes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.studio import lighting
from faceloom.studio.assets import HAIR
from faceloom.studio.jit import f32, inlined, kernel
from faceloom.studio.lighting import COUNT, illuminate
from faceloom.studio.raster import BITS, TRIANGLES
from faceloom.studio.shading import ATTRIBUTES, interpolate, lay, orient
from faceloom.studio.surface import SHINE

Array = npt.NDArray[Any]

LIT_R: Final = lighting.R
LIT_G: Final = lighting.G
LIT_B: Final = lighting.B


@kernel
def develop(
    p: Array, pixels: Array, shares: Array, count: int, background: Array, linear: Array, srgb: Array, image: Array
) -> None:
    """Average the fragments of each pixel, over the background where some of its samples are free, into bytes."""
    last, i = srgb.shape[0] - 1, 0
    scale = f32(0.5) * f32(last)
    while i < count:
        pixel, r, g, b, free = pixels[i], f32(0), f32(0), f32(0), f32(1)
        while i < count and pixels[i] == pixel:
            share = shares[i]
            r, g, b = r + share * p[LIT_R + i], g + share * p[LIT_G + i], b + share * p[LIT_B + i]
            free -= share
            i += 1
        if free > f32(0.1):
            r += free * linear[background[pixel, 0]]
            g += free * linear[background[pixel, 1]]
            b += free * linear[background[pixel, 2]]
        image[pixel, 0] = srgb[max(0, min(last, int(r * scale)))]
        image[pixel, 1] = srgb[max(0, min(last, int(g * scale)))]
        image[pixel, 2] = srgb[max(0, min(last, int(b * scale)))]


@inlined
def one_surface(s0: int, s1: int, s2: int, s3: int, groups: Array, slack: int) -> bool:
    """Whether the samples of a pixel show one stretch of skin or of hair."""
    if s0 < 0 or s1 < 0 or s2 < 0 or s3 < 0:
        return False
    first = groups[s0 & TRIANGLES]
    if first != 0 and first != HAIR:
        return False
    if groups[s1 & TRIANGLES] != first or groups[s2 & TRIANGLES] != first or groups[s3 & TRIANGLES] != first:
        return False
    spread = (max(max(s0, s1), max(s2, s3)) >> BITS) - (min(min(s0, s1), min(s2, s3)) >> BITS)
    return (s0 & TRIANGLES) == (s1 & TRIANGLES) == (s2 & TRIANGLES) == (s3 & TRIANGLES) or spread < slack


def scratch() -> tuple[Array, ...]:
    """The last six arguments of `resolve`: no kernel may allocate."""
    planes, attributes = np.zeros(lighting.PLANES * COUNT, np.float32), np.empty((COUNT, ATTRIBUTES), np.float32)
    spots, shares = np.empty((COUNT, 2), np.float32), np.empty(COUNT, np.float32)
    return planes, attributes, spots, shares, np.empty(COUNT, np.int32), np.empty(COUNT, np.int32)


@kernel
def finish(
    screen: Array, triangles: Array, groups: Array, attributes: Array,
    texture: Array, settings: Array, noise: Array, rig: Array, shadow: Array,
    background: Array, linear: Array, srgb: Array, image: Array, face: Array,
    p: Array, f: Array, spots: Array, shares: Array, corners: Array, pixels: Array, count: int,
) -> None:  # fmt: skip
    """Paint the waiting fragments, in small loops: one long loop would wait for memory at every fragment."""
    interpolate(f, corners, spots, count, triangles, screen, attributes)
    orient(p, f, count, shadow)
    for i in range(count):
        seen = lay(p, i, f[i], groups[corners[i]], texture, settings, noise)
        face[pixels[i]] += np.uint8(4 * shares[i]) * seen
    illuminate(p, rig, settings[SHINE])
    develop(p, pixels, shares, count, background, linear, srgb, image)


@kernel
def resolve(
    samples: Array, size: int, slack: int, screen: Array, triangles: Array, groups: Array, attributes: Array,
    texture: Array, settings: Array, noise: Array, rig: Array, shadow: Array,
    background: Array, linear: Array, srgb: Array, image: Array, face: Array,
    p: Array, f: Array, spots: Array, shares: Array, corners: Array, pixels: Array,
) -> None:  # fmt: skip
    """Paint a z-buffer of 2x2 samples a pixel: one fragment inside skin and hair, one a sample elsewhere.

    Args:
        samples: (2 * size, 2 * size or more) of `raster`; `screen` in samples.
        size: Side of the picture.
        slack: Depth range of one surface inside a pixel, in steps of `samples`.
        screen: (n, 3).
        triangles: (m, 3).
        groups: (m,).
        attributes: (n, 16).
        texture: see `shading.lay`, as for settings and noise.
        settings: see `shading.lay`.
        noise: see `shading.lay`.
        rig: (1 + k, 9) sky and lights, in the order of `lighting`.
        shadow: (s, s) depth seen from the first light.
        background: (size * size, 3) bytes.
        linear: (256,) linear light of bytes.
        srgb: Bytes of linear light from 0 to 2.
        image: (size * size, 3) written where a surface is seen.
        face: (size * size,) uint8, zeros; samples (of four) that show face skin or eyes.
        p: `scratch`, as for the rest: planes of `lighting`, attributes, places, shares of a pixel, triangles, pixels.
        f: see p.
        spots: see p.
        shares: see p.
        corners: see p.
        pixels: see p.
    """
    none: Any = np.int64(0)  # a plain 0 is a type of its own to numba: it would compile all below a second time
    count = none
    for y in range(size):
        for x in range(size):
            u, v = 2 * x, 2 * y
            s0, s1, s2, s3 = samples[v, u], samples[v, u + 1], samples[v + 1, u], samples[v + 1, u + 1]
            if s0 < 0 and s1 < 0 and s2 < 0 and s3 < 0:
                continue
            plain = one_surface(s0, s1, s2, s3, groups, slack)
            middle, share = (f32(0.5), f32(1)) if plain else (f32(0), f32(0.25))
            for s in range(1 if plain else 4):
                sample = samples[v + (s >> 1), u + (s & 1)]
                if sample >= 0:
                    spots[count, 0], spots[count, 1] = f32(u + (s & 1)) + middle, f32(v + (s >> 1)) + middle
                    corners[count], pixels[count], shares[count] = sample & TRIANGLES, y * size + x, share
                    count += 1
            if count > COUNT - 4:
                finish(
                    screen, triangles, groups, attributes, texture, settings, noise, rig, shadow,
                    background, linear, srgb, image, face, p, f, spots, shares, corners, pixels, count,
                )  # fmt: skip
                count = none
    finish(
        screen, triangles, groups, attributes, texture, settings, noise, rig, shadow,
        background, linear, srgb, image, face, p, f, spots, shares, corners, pixels, count,
    )  # fmt: skip
