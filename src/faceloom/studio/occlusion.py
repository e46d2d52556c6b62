"""Ambient occlusion of the resting face: how much of the sky each vertex sees, by z-buffers from many directions."""

from __future__ import annotations

from typing import Final

import numpy as np

from faceloom.studio.assets import HAIR, Floats, Mesh
from faceloom.studio.kernels import vertex_normals
from faceloom.studio.raster import rasterise

DIRECTIONS: Final = 96
GRID: Final = 320
SLACK: Final = 0.03
"""Decimetres that a vertex may lie behind the z-buffer and still count as seen."""


def ambient_occlusion(mesh: Mesh) -> Floats:
    """(n,) cosine-weighted visible share of the hemisphere, 0 (buried) to 1 (free)."""
    triangles = mesh.triangles[mesh.groups != HAIR]
    normals = np.zeros_like(mesh.vertices)
    vertex_normals(mesh.vertices, triangles, normals)
    seen, total = np.zeros(len(normals)), np.full(len(normals), 1e-6)
    for axes in _sphere(DIRECTIONS):
        cosine = np.clip(normals @ axes[2], 0, None)
        seen += cosine * _visible(mesh.vertices @ axes.T, triangles)
        total += cosine
    return np.asarray(seen / total, np.float32)


def _visible(turned: Floats, triangles: np.ndarray) -> np.ndarray:
    low, high = turned.min(0), turned.max(0)
    scale = (GRID - 1) / float((high - low)[:2].max())
    screen = np.stack([(turned[:, 0] - low[0]), (high[1] - turned[:, 1]), turned[:, 2] / scale], 1) * scale
    depth = rasterise(screen.astype(np.float32), triangles, np.ones(len(triangles), bool), GRID).depth()
    column, row = np.rint(screen[:, 0]).astype(int), np.rint(screen[:, 1]).astype(int)
    return np.asarray(turned[:, 2] > depth[row, column] - SLACK)


def _sphere(count: int) -> np.ndarray:
    """(count, 3, 3) view frames whose third axes are a Fibonacci spiral over the sphere."""
    k = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * k / count), np.pi * (1 + 5**0.5) * k
    z = np.stack([np.cos(azimuth) * np.sin(polar), np.cos(polar), np.sin(azimuth) * np.sin(polar)], 1)
    x = np.cross(np.where(np.abs(z[:, 1:2]) < 0.9, [[0.0, 1, 0]], [[1.0, 0, 0]]), z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], 1).astype(np.float32)
