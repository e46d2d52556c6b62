"""Head rotation and translation from landmarks, and landmarks with the head's motion taken out.

The head frame: x to the image's right (the subject's left), y up, z towards the viewer. Angles in degrees as in
contracts.md: yaw positive to the subject's left, pitch positive upwards, roll positive towards their left shoulder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

RIGID: Final = (
    *(4, 6, 9, 10, 33, 54, 67, 109, 117, 119, 121, 127, 129, 133, 143, 151, 168, 195, 197, 198),
    *(263, 284, 297, 338, 346, 348, 350, 356, 358, 362, 372, 420),
)
"""Landmarks that neither the jaw nor the face's muscles move much: forehead, temples, nose, eye corners."""

OUTER_EYES: Final = (33, 263)
EYE_DISTANCE: Final = 90.0
"""Between the outer eye corners of an adult, millimetres: what turns pixels into a distance from the camera."""


@dataclass(frozen=True)
class Aligned:
    """Landmarks (n, 468, 3) in the template's frame and size, and the similarity that was undone."""

    points: Array
    rotation: Array
    """(n, 3, 3): from the template's frame to the camera's."""
    scale: Array
    """(n,): pixels per unit of the template."""
    centre: Array
    """(n, 3): mean of the rigid points, pixels."""


def to_camera(landmarks: Array) -> npt.NDArray[np.float64]:
    """Image axes (y down, z away) to the head frame's axes (y up, z towards the viewer)."""
    return np.asarray(landmarks.astype(np.float64) * np.array([1.0, -1.0, -1.0]))


def align(landmarks: Array, template: Array) -> Aligned:
    """The least-squares similarity on the rigid points (Umeyama 1991), frame by frame.

    Args:
        landmarks: (n, 468, 3) pixels, z of the same scale.
        template: (468, 3) in the head frame.
    """
    points = to_camera(landmarks)
    rigid, target = points[:, RIGID], template[list(RIGID)].astype(np.float64)
    centre, middle = rigid.mean(axis=1, keepdims=True), target.mean(axis=0)
    source, target = rigid - centre, target - middle
    u, strengths, vt = np.linalg.svd(np.einsum("nki,kj->nij", source, target))
    signs = np.ones_like(strengths)
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))  # a reflection is no pose
    rotation = (u * signs[:, None, :]) @ vt
    shrink = (strengths * signs).sum(axis=1) / (source**2).sum(axis=(1, 2))
    moved = np.einsum("nki,nij->nkj", points - centre, rotation) * shrink[:, None, None] + middle
    return Aligned(moved.astype(np.float32), rotation.astype(np.float32), 1 / shrink, centre[:, 0])


def rotation_of(angles: Array) -> Array:
    """Rotation matrices (n, 3, 3) of yaw, pitch, roll in degrees (n, 3).

    `Ry(yaw) Rx(-pitch) Rz(-roll)`: yaw and pitch are azimuth and elevation of the direction in which the face looks.
    """
    yaw, pitch, roll = np.deg2rad(np.asarray(angles, dtype=np.float64)).T * np.array([[1], [-1], [-1]])
    one, zero = np.ones_like(yaw), np.zeros_like(yaw)
    about_y = [[np.cos(yaw), zero, np.sin(yaw)], [zero, one, zero], [-np.sin(yaw), zero, np.cos(yaw)]]
    about_x = [[one, zero, zero], [zero, np.cos(pitch), -np.sin(pitch)], [zero, np.sin(pitch), np.cos(pitch)]]
    about_z = [[np.cos(roll), -np.sin(roll), zero], [np.sin(roll), np.cos(roll), zero], [zero, zero, one]]
    y, x, z = (np.moveaxis(np.array(matrix), -1, 0) for matrix in (about_y, about_x, about_z))
    return np.asarray(y @ x @ z, dtype=np.float32)


def angles_of(rotation: Array) -> Array:
    """Yaw, pitch, roll in degrees (n, 3) of rotation matrices (n, 3, 3); the inverse of `rotation_of`."""
    yaw = np.arctan2(rotation[:, 0, 2], rotation[:, 2, 2])
    pitch = np.arcsin(np.clip(rotation[:, 1, 2], -1, 1))
    roll = np.arctan2(-rotation[:, 1, 0], rotation[:, 1, 1])
    return np.asarray(np.rad2deg(np.stack([yaw, pitch, roll], axis=1)), dtype=np.float32)


def template_of(landmarks: Array, angles: Array) -> Array:
    """The mean face (468, 3) of landmarks (n, 468, 3) whose head angles (n, 3) are known.

    Rigid points have mean 0 and the outer eye corners a distance of 1, so coordinates are in eye distances.
    """
    points = to_camera(landmarks)
    points -= points[:, RIGID].mean(axis=1, keepdims=True)
    turned = np.einsum("nki,nij->nkj", points, rotation_of(angles).astype(np.float64))
    turned /= np.linalg.norm(turned[:, OUTER_EYES[1]] - turned[:, OUTER_EYES[0]], axis=1)[:, None, None]
    mean = turned.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean[OUTER_EYES[1]] - mean[OUTER_EYES[0]]), dtype=np.float32)


def translation(aligned: Aligned, width: float, height: float) -> Array:
    """Place of the head in the camera's axes (x right, y down, z away), millimetres, (n, 3).

    Pinhole camera whose focal length is the picture's longer side (a field of view of 53 degrees) and an adult's
    distance between the outer eye corners: absolute values are as good as these two guesses, changes are better.
    """
    focal = max(width, height)
    depth = focal * EYE_DISTANCE / aligned.scale
    x = (aligned.centre[:, 0] - width / 2) * depth / focal
    y = (-aligned.centre[:, 1] - height / 2) * depth / focal
    return np.stack([x, y, depth], axis=1).astype(np.float32)
