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


def rotation(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float32]:
    """(3, 3) head rotation for degrees as the contract has them: yaw to the subject's left, pitch up, roll to the left.

    `R = Ry(yaw) Rx(-pitch) Rz(-roll)` in a frame with x to the subject's left, y up and z towards the viewer, so
    that yaw is the azimuth and pitch the elevation of the direction in which the face looks.
    """
    y, p, r = math.radians(yaw), -math.radians(pitch), -math.radians(roll)
    ry = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    rx = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    rz = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    rotated: npt.NDArray[np.float32] = (ry @ rx @ rz).astype(np.float32)
    return rotated
