"""The 68 iBUG points and Kaggle's 15 keypoints on the mesh, chosen once.

58 points are vertices of base.obj; the ten of the brows follow the painted brow of each identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.assets import BODY
from faceloom.studio.head import load_head
from faceloom.studio.look import Brow
from faceloom.studio.raster import Buffer

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

JAW: Final = (5398, 5649, 5746, 912, 739, 1001, 5165, 5167, 5171, 11780, 11778, 7695, 7459, 7614, 12343, 12246, 11997)
NOSE: Final = (132, 131, 201, 294, 324, 313, 312, 7076, 7086)
EYES: Final = (18, 1057, 4865, 64, 1071, 1068, 6848, 11483, 7749, 6802, 7760, 7763)
MOUTH: Final = (
    *(368, 5364, 456, 455, 7215, 11966, 7128, 7239, 7245, 496, 490, 484),
    *(414, 472, 474, 7228, 7174, 7242, 493, 487),
)
"""Vertex numbers of base.obj in iBUG order: from the subject's right to their left."""

BROW_POINTS: Final = slice(17, 27)
BROW_ALONG: Final = (1.0, 0.75, 0.5, 0.25, 0.0)
"""Places along the right brow, outer end first; the left brow has them in reverse."""

KEYPOINTS15: Final = (
    "left_eye_center", "right_eye_center",
    "left_eye_inner_corner", "left_eye_outer_corner", "right_eye_inner_corner", "right_eye_outer_corner",
    "left_eyebrow_inner_end", "left_eyebrow_outer_end", "right_eyebrow_inner_end", "right_eyebrow_outer_end",
    "nose_tip", "mouth_left_corner", "mouth_right_corner", "mouth_center_top_lip", "mouth_center_bottom_lip",
)  # fmt: skip
"""Columns of the Kaggle set; left and right are the subject's. An eye's centre is its pupil."""

KEYPOINTS15_OF_68: Final = (42, 45, 39, 36, 22, 26, 21, 17, 30, 54, 48, 51, 57)
"""The thirteen of them that are among the 68, in the same order."""

SLACK: Final = np.where(np.arange(68) < 17, 0.8, 0.07)
"""Decimetres that a point may lie behind the z-buffer and still count as seen; the jaw's points sit on its outline."""


@dataclass(frozen=True)
class Anchors:
    """Points on triangles: vertices (k, 3) and barycentric weights (k, 3)."""

    corners: Ints
    weights: Floats

    def on(self, points: Floats) -> Floats:
        """(k, d) positions among (n, d) vertices."""
        return np.asarray((points[self.corners] * self.weights[..., None]).sum(1), np.float32)


@lru_cache(maxsize=1)
def fixed_vertices() -> Ints:
    """(58,) mesh vertices of the points that are not on the brows."""
    return np.searchsorted(load_head().source, [*JAW, *NOSE, *EYES, *MOUTH]).astype(np.int32)


def brow_anchors(brow: Brow) -> Anchors:
    """The ten points 17-26 on a painted brow's centre line."""
    along = np.array(BROW_ALONG, np.float32)
    x, y = brow.inner + along * (brow.outer - brow.inner), brow.centre(along)
    right, left = np.stack([-x, y], 1), np.stack([x, y], 1)[::-1]
    return _place(np.concatenate([right, left]).astype(np.float32))


@lru_cache(maxsize=1)
def _forehead() -> Ints:
    """Triangles of the front of the face between lids and hair."""
    head = load_head()
    middle = head.vertices[head.triangles].mean(1)
    near = (np.abs(middle[:, 1] - 7.45) < 0.3) & (middle[:, 2] > 0.7)
    return np.ascontiguousarray(head.triangles[near & (head.groups == BODY)])


def _place(targets: Floats) -> Anchors:
    """Front-most triangle over each canonical (x, y)."""
    triangles = _forehead()
    a, b, c = np.moveaxis(load_head().vertices[triangles], 1, 0)
    u, v = (b - a)[:, :2], (c - a)[:, :2]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    area = np.where(np.abs(area) < 1e-9, np.inf, area)
    away = targets[:, None] - a[None, :, :2]
    wb = (away[..., 0] * v[:, 1] - away[..., 1] * v[:, 0]) / area
    wc = (u[:, 0] * away[..., 1] - u[:, 1] * away[..., 0]) / area
    weights = np.stack([1 - wb - wc, wb, wc], -1)
    inside = (weights.min(-1) > -1e-4) & (area > 0) & np.isfinite(area)
    best = np.where(inside, a[None, :, 2], weights.min(-1) - 10).argmax(1)
    chosen = weights[np.arange(len(targets)), best]
    return Anchors(triangles[best], chosen.astype(np.float32))


def project68(brows: Anchors, points: Floats, buffer: Buffer) -> tuple[Floats, Mask]:
    """Landmarks of a picture.

    Args:
        brows: From `brow_anchors`.
        points: (n, 3) all vertices as x and y in pixels and a depth that grows towards the viewer.
        buffer: Z-buffer with two samples a pixel and axis.

    Returns:
        (68, 2) pixels, and (68,) whether each is inside the picture and not hidden behind the head.
    """
    placed = np.empty((68, 3), np.float32)
    fixed = points[fixed_vertices()]
    placed[: BROW_POINTS.start], placed[BROW_POINTS.stop :] = fixed[: BROW_POINTS.start], fixed[BROW_POINTS.start :]
    placed[BROW_POINTS] = brows.on(points)
    sample = np.rint(2 * placed[:, :2] + 0.5).astype(int)
    inside = ((sample >= 0) & (sample < buffer.size)).all(1)
    x, y = np.clip(sample, 0, buffer.size - 1).T
    return placed[:, :2], inside & (placed[:, 2] > buffer.depth(y, x) - SLACK)


def keypoints15(landmarks68: Floats, pupils: Floats) -> Floats:
    """(15, 2) in Kaggle's order from the 68 points and the (2, 2) left and right pupils."""
    return np.concatenate([pupils, landmarks68[list(KEYPOINTS15_OF_68)]]).astype(np.float32)
