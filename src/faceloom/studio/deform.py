"""From weights to vertices: blend shapes, hair and clothes volume, the head turning on its neck, the eyes' gaze."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.assets import BODY, HAIR, LEFT_EYE, LOWER_LASHES, RIGHT_EYE, UPPER_LASHES
from faceloom.studio.head import load_head
from faceloom.studio.identity import Identity
from faceloom.studio.kernels import blend, rotation, vertex_normals
from faceloom.studio.units import INDEX, drawn, gaze_of

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

NECK_PIVOT: Final = np.array([0.0, 6.75, 0.45], np.float32)
"""Where the head turns on the spine, in the base mesh."""

BROW_RAISE, BROW_LOWER, BROW_INWARD = 0.085, 0.03, 0.035
"""Decimetres that a smooth field over the brow band adds to the brow units: the units alone are too weak."""


CURTAIN: Final = 0.55
"""The package's hair falls over the face: what lies before this depth is left out."""


@lru_cache(maxsize=8)
def parts(lash_rows: int, long_hair: bool) -> tuple[Ints, Ints]:
    """Triangles (m, 3) and groups (m,) that an identity is drawn with."""
    head = load_head()
    hidden = [group for group, rows in ((UPPER_LASHES, 1), (LOWER_LASHES, 2)) if lash_rows < rows]
    if not long_hair:
        hidden.append(HAIR)
    middle = head.vertices[head.triangles].mean(1)
    curtain = (head.groups == HAIR) & (middle[:, 2] > CURTAIN)
    keep = ~np.isin(head.groups, hidden) & ~curtain
    return np.ascontiguousarray(head.triangles[keep]), np.ascontiguousarray(head.groups[keep])


def _step(low: float, high: float, value: Floats) -> Floats:
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


@lru_cache(maxsize=1)
def shapes() -> Floats:
    """(52, n, 3) displacement of every drawn unit: the package's shapes plus the fields over the brow band."""
    head = load_head()
    x, y, z = head.vertices.T
    body = np.zeros(len(x), bool)
    body[head.vertices_of(BODY)] = True
    band = _step(7.31, 7.385, y) * (1 - _step(7.62, 7.95, y)) * (body & (z > 0.9))
    across, units = np.abs(x), head.units.copy()
    units[INDEX["browInnerUp"], :, 1] += BROW_RAISE * band * np.exp(-((np.clip(across - 0.10, 0, None) / 0.17) ** 2))
    lower = -BROW_LOWER * band * np.exp(-((np.clip(across - 0.16, 0, None) / 0.2) ** 2))
    inward = -BROW_INWARD * np.sign(x) * band * np.exp(-(((across - 0.16) / 0.15) ** 2))
    for side, sign in (("Left", 1), ("Right", -1)):
        half = np.where(x * sign > 0, 1.0, 0.5 * (x == 0))
        units[INDEX["browOuterUp" + side], :, 1] += BROW_RAISE * half * band * np.exp(-(((across - 0.46) / 0.19) ** 2))
        units[INDEX["browDown" + side], :, 1] += half * lower
        units[INDEX["browDown" + side], :, 0] += half * inward
    return units


def shape(identity: Identity, units: Floats) -> Floats:
    """(n, 3) vertices of an expression, head upright; labelled weights (52,)."""
    points = np.empty_like(identity.shape)
    fields, weights = shapes(), drawn(units) * identity.unit_strength
    blend(identity.shape.ravel(), fields.reshape(len(fields), -1), weights.astype(np.float32), points.reshape(-1))
    return points


def dress(identity: Identity, points: Floats, triangles: Ints) -> tuple[Floats, Floats]:
    """Hair and clothes pushed out along the normals, long hair cut; vertices and unit normals (n, 3)."""
    normals = np.zeros_like(points)
    vertex_normals(points, triangles, normals)
    return points + normals * identity.thickness[:, None], normals


def turn(identity: Identity, points: Floats, normals: Floats, turned: Floats) -> tuple[Floats, Floats, Floats]:
    """The head rotated on its neck: vertices, normals, and the head's centre (3,)."""
    head = load_head()
    share = head.rigidity[:, None]
    pivot = NECK_PIVOT + np.array([0, identity.centre[1] - 7.135, identity.centre[2] - 0.95], np.float32)
    away = points - pivot
    more = turned.T - np.eye(3, dtype=np.float32)
    posed = points + share * (away @ more)
    tilted = normals + share * (normals @ more)
    centre = pivot + turned @ (identity.centre - pivot)
    return posed.astype(np.float32), tilted.astype(np.float32), centre.astype(np.float32)


def eyes(points: Floats) -> tuple[Floats, Floats]:
    """Centres (2, 3) and radii (2,) of the left and the right eyeball."""
    head = load_head()
    boxes = [points[head.vertices_of(group)] for group in (LEFT_EYE, RIGHT_EYE)]
    centres = np.stack([(box.min(0) + box.max(0)) / 2 for box in boxes])
    radii = np.array([(box[:, 0].max() - box[:, 0].min()) / 2 for box in boxes])
    return centres.astype(np.float32), radii.astype(np.float32)


def gaze_rotations(units: Floats) -> list[Floats]:
    """(3, 3) rotation of the left and of the right eye in the head."""
    return [rotation(float(left), float(up), 0.0) for left, up in gaze_of(units)]
