"""The renderer's inner loops: blend shapes, vertex normals, z-buffer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from faceloom.studio.jit import kernel

Array = npt.NDArray[Any]


@kernel
def blend(base: Array, units: Array, weights: Array, out: Array) -> None:
    """`out[n] = base + sum of weights[k] * units[k]`, over the units that are not zero; flat, so that it vectorises."""
    for i in range(base.shape[0]):
        out[i] = base[i]
    for k in range(units.shape[0]):
        weight = weights[k]
        if weight != 0.0:
            for i in range(base.shape[0]):
                out[i] += weight * units[k, i]


@kernel
def vertex_normals(points: Array, triangles: Array, out: Array) -> None:
    """Area-weighted unit normals (n, 3)."""
    out[:] = 0.0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux = points[b, 0] - points[a, 0]
        uy = points[b, 1] - points[a, 1]
        uz = points[b, 2] - points[a, 2]
        vx = points[c, 0] - points[a, 0]
        vy = points[c, 1] - points[a, 1]
        vz = points[c, 2] - points[a, 2]
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for k in (a, b, c):
            out[k, 0] += nx
            out[k, 1] += ny
            out[k, 2] += nz
    for i in range(points.shape[0]):
        length = math.sqrt(out[i, 0] ** 2 + out[i, 1] ** 2 + out[i, 2] ** 2) + 1e-12
        out[i, 0] /= length
        out[i, 1] /= length
        out[i, 2] /= length


@kernel
def inside(value: float, step: float, scale: float, low: float, high: float) -> tuple[float, float]:
    """The part of `low` to `high` in which `value + x * step` is not negative; `scale` is -1 / step."""
    if step > 1e-12:
        return max(low, value * scale), high
    if step < -1e-12:
        return low, min(high, value * scale)
    return (low, high) if value >= 0.0 else (low, low - 1.0)


@kernel
def rasterise(screen: Array, triangles: Array, two_sided: Array, depth: Array, ids: Array) -> None:
    """Z-buffer: the nearest triangle's index per sample (-1 where there is none) and its depth.

    Args:
        screen: (n, 3) x and y in samples (y down), and a depth that grows towards the viewer.
        triangles: (m, 3) vertex indices, counter-clockwise seen from outside.
        two_sided: (m,) bool, drawn from behind as well.
        depth: (h, w) written.
        ids: (h, w) int32 written.
    """
    height, width = depth.shape
    depth[:] = -1e9
    ids[:] = -1
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = screen[a, 0], screen[a, 1]
        bx, by = screen[b, 0] - ax, screen[b, 1] - ay
        cx, cy = screen[c, 0] - ax, screen[c, 1] - ay
        area = bx * cy - cx * by
        if abs(area) < 1e-9 or (area > 0.0 and not two_sided[t]):
            continue
        left = max(0, math.ceil(ax + min(0.0, bx, cx)))
        right = min(width - 1, math.floor(ax + max(0.0, bx, cx)))
        top = max(0, math.ceil(ay + min(0.0, by, cy)))
        bottom = min(height - 1, math.floor(ay + max(0.0, by, cy)))
        inverse = 1.0 / area
        za = screen[a, 2]
        zb, zc = screen[b, 2] - za, screen[c, 2] - za
        step_b, step_c = cy * inverse, -by * inverse
        step_a, step_z = -step_b - step_c, step_b * zb + step_c * zc
        scale_a, scale_b, scale_c = -1.0 / step_a, -1.0 / step_b, -1.0 / step_c
        down_b, down_c = -cx * inverse, bx * inverse
        px, py, across = left - ax, top - ay, 1.0 * (right - left)
        wb = (px * cy - cx * py) * inverse
        wc = (bx * py - px * by) * inverse
        for y in range(top, bottom + 1):
            low, high = inside(wb, step_b, scale_b, 0.0, across)
            low, high = inside(wc, step_c, scale_c, low, high)
            low, high = inside(1.0 - wb - wc, step_a, scale_a, low, high)
            if low - 1e-4 <= high + 1e-4:
                first, last = math.ceil(low - 1e-4), math.floor(high + 1e-4)
                z = za + wb * zb + wc * zc + first * step_z
                for x in range(left + first, left + last + 1):
                    if z > depth[y, x]:
                        depth[y, x] = z
                        ids[y, x] = t
                    z += step_z
            wb += down_b
            wc += down_c


def rotation(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float32]:
    """(3, 3) head rotation for degrees as the contract has them: yaw to the subject's left, pitch up, roll to the left.

    `R = Ry(yaw) Rx(-pitch) Rz(-roll)` in a frame with x to the subject's left, y up and z towards the viewer, so
    that yaw is the azimuth and pitch the elevation of the direction in which the face looks.
    """
    y, p, r = np.deg2rad([yaw, -pitch, -roll])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    rotated: npt.NDArray[np.float32] = (ry @ rx @ rz).astype(np.float32)
    return rotated
