"""Render an identity: face units and a head direction in, a picture and its exact landmarks out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.studio import deform, materials, pixels, shading
from faceloom.studio.assets import LEFT_EYE, RIGHT_EYE, UPPER_LASHES
from faceloom.studio.head import load_head
from faceloom.studio.identity import Identity
from faceloom.studio.kernels import rotation
from faceloom.studio.landmarks import keypoints15, project68
from faceloom.studio.raster import Buffer, rasterise
from faceloom.studio.scene import STUDIO, Light
from faceloom.studio.units import looking

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Image = npt.NDArray[np.uint8]

MILLIMETRES: Final = 100.0
"""Per unit of the mesh (a decimetre)."""

EYE_DISTANCE: Final = 0.24
"""Default distance between the eyes, as a share of the picture's side."""

CAMERA: Final = 9.0
"""Default distance of the camera, in distances between the eyes (about 60 cm)."""

SHADOW_SIZE: Final = 128
SHADOW_REACH: Final = 2.1
"""Decimetres about the head's centre that the shadow map covers."""


@dataclass(frozen=True)
class Rendered:
    """A picture and what is true of it. Pixel centres are integers; x to the right, y down."""

    image: Image
    """(size, size, 3) RGB."""
    landmarks68: Floats
    """(68, 2) iBUG order, pixels."""
    visible68: npt.NDArray[np.bool_]
    """(68,) inside the picture and not hidden by the head itself."""
    keypoints15: Floats
    """(15, 2) order of Kaggle's facial keypoints, pixels."""
    translation: Floats
    """(3,) of the head's centre in the camera's frame: right, down, away; millimetres."""
    face: npt.NDArray[np.bool_]
    """(size, size) where the front of the face is seen."""
    focal: float
    """Focal length in pixels."""


@dataclass(frozen=True)
class Lens:
    """A pinhole camera that looks along -z at a centre, its picture shifted by `offset` pixels."""

    size: int
    scale: float
    """Pixels per decimetre at the centre's depth."""
    distance: float
    offset: tuple[float, float]

    def project(self, points: Floats) -> Floats:
        """(n, 3) decimetres about the centre to pixels and a depth that grows towards the viewer."""
        zoom = self.scale * self.distance / (self.distance - points[:, 2])
        middle = (self.size - 1) / 2
        placed = np.empty_like(points)
        placed[:, 0] = middle + self.offset[0] + points[:, 0] * zoom
        placed[:, 1] = middle + self.offset[1] - points[:, 1] * zoom
        placed[:, 2] = points[:, 2]
        return placed


@dataclass(frozen=True)
class Posed:
    """The mesh as it stands before the camera: decimetres about what the camera looks at."""

    points: Floats
    normals: Floats
    triangles: Ints
    groups: Ints
    turned: Floats
    """(3, 3) rotation of the head."""
    centre: Floats
    """(3,) of the head."""
    pupils: Floats
    """(2, 3) left and right."""
    eye_directions: list[Floats]
    """Directions (k, 3) of the eyeballs' vertices from their centres, in the frame of the gaze."""


def render(
    identity: Identity,
    units: npt.ArrayLike,
    *,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    size: int = 256,
    gaze: tuple[float, float] = (0.0, 0.0),
    light: Light = STUDIO,
    background: Image | None = None,
    eye_distance: float = EYE_DISTANCE,
    camera: float = CAMERA,
    offset: tuple[float, float] = (0.0, 0.0),
    follow: bool = True,
) -> Rendered:
    """Draw a face.

    Args:
        identity: Who.
        units: (52,) labelled weights 0-1; the gains of `units.drawn` are applied here.
        yaw: Degrees, positive when the subject turns to their left.
        pitch: Degrees, positive up.
        roll: Degrees, positive towards their left shoulder.
        size: Side of the picture in pixels.
        gaze: Degrees to the subject's left and up, on top of the eyeLook units.
        light: Lights.
        background: (size, size, 3) RGB; grey where None.
        eye_distance: Distance between the eyes as a share of `size`, seen from the front.
        camera: Distance of the camera in distances between the eyes.
        offset: Pixels by which the picture is shifted right and down.
        follow: Keep the head's centre in place (stills); else the body stays and the head moves on its neck.

    Returns:
        The picture with its landmarks.
    """
    posed = pose(identity, looking(units, gaze), rotation(yaw, pitch, roll), follow)
    lens = Lens(size, eye_distance * size / identity.eye_distance, camera * identity.eye_distance, offset)
    points = lens.project(posed.points)
    buffer, image, face = _draw(identity, posed, points, light, _grey(size) if background is None else background)
    landmarks, visible = project68(identity.brows, points, buffer)
    where = posed.centre * [1, -1, -1] + [offset[0] / lens.scale, offset[1] / lens.scale, lens.distance]
    return Rendered(
        image=image,
        landmarks68=landmarks,
        visible68=visible,
        keypoints15=keypoints15(landmarks, lens.project(posed.pupils)[:, :2]),
        translation=(where * MILLIMETRES).astype(np.float32),
        face=face,
        focal=lens.scale * lens.distance,
    )


def pose(identity: Identity, units: Floats, turned: Floats, follow: bool) -> Posed:
    """Expression, hair and clothes, head rotation; the camera looks at the head's (or its resting) centre."""
    look = identity.look
    triangles, groups = deform.parts(look.lash_rows, look.long_hair < look.collar + 2)
    shape = deform.shape(identity, units)
    points, normals, centre = deform.turn(identity, *deform.dress(identity, shape, triangles), turned)
    origin = centre if follow else identity.centre
    rotations = deform.gaze_rotations(units)
    centres, radii = deform.eyes(shape)
    ahead = np.stack([eye @ [0, 0, radius] for eye, radius in zip(rotations, radii, strict=True)])
    pupils = (centres + ahead - identity.centre) @ turned.T + centre
    head = load_head()
    directions = [
        (shape[head.vertices_of(group)] - centres[k]) @ rotations[k] for k, group in enumerate((LEFT_EYE, RIGHT_EYE))
    ]
    return Posed(
        (points - origin).astype(np.float32), normals, triangles, groups, turned,
        centre - origin, (pupils - origin).astype(np.float32), directions,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _grey(size: int) -> Image:
    return np.full((size, size, 3), 124, np.uint8)


def _draw(
    identity: Identity, posed: Posed, points: Floats, light: Light, background: Image
) -> tuple[Buffer, Image, npt.NDArray[np.bool_]]:
    """Z-buffer at two samples a pixel and axis, the 8-bit picture, and where the face is seen."""
    size, look = len(background), identity.look
    samples = points * np.array([2, 2, 1], np.float32) + np.array([0.5, 0.5, 0], np.float32)
    buffer = rasterise(samples, posed.triangles, posed.groups >= UPPER_LASHES, 2 * size)
    shadow, place = cast_shadow(posed, light.lights[0, :3])
    face, image = np.zeros((size, size), np.uint8), cv2.LUT(background, materials.developed_table())
    pixels.resolve(
        buffer.samples, size, int(0.2 * identity.eye_distance / buffer.step),
        samples, posed.triangles, posed.groups, attributes(identity, posed, place),
        look.texture, identity.settings, materials.strands(), light.rig(), shadow,
        background.reshape(-1, 3), materials.linear_table(), materials.srgb_table(),
        image.reshape(-1, 3), face.reshape(-1), *pixels.scratch(),
    )  # fmt: skip
    return buffer, np.asarray(image, np.uint8), face >= 2


def cast_shadow(posed: Posed, direction: Floats) -> tuple[Floats, Floats]:
    """Depth map seen from a light (SHADOW_SIZE square) and every vertex's place (n, 3) in it."""
    x, y, z = (float(value) for value in direction)
    flat = math.hypot(x, z)
    frame = np.array([[z / flat, 0, -x / flat], [-x * y / flat, flat, -y * z / flat], [x, y, z]], np.float32)
    place = np.asarray((posed.points - posed.centre) @ frame.T, np.float32)
    scale = (SHADOW_SIZE - 1) / (2 * SHADOW_REACH)
    place[:, 0] = (place[:, 0] + SHADOW_REACH) * scale
    place[:, 1] = (SHADOW_REACH - place[:, 1]) * scale
    return rasterise(place, posed.triangles, posed.groups >= UPPER_LASHES, SHADOW_SIZE).depth(), place


def attributes(identity: Identity, posed: Posed, shadow_place: Floats) -> Floats:
    """(n, 16) what the pixel shader interpolates."""
    head, table = load_head(), identity.attributes.copy()
    for group, directions in zip((LEFT_EYE, RIGHT_EYE), posed.eye_directions, strict=True):
        table[head.vertices_of(group), :3] = directions
    table[:, shading.NORMAL : shading.LIPS] = posed.normals
    table[:, shading.SHADOW : shading.AZIMUTH] = shadow_place
    return table
