"""Single labelled faces: many identities, head directions, lights, backgrounds, occluders, camera faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.affect import affect, expression
from faceloom.studio.camera import degrade
from faceloom.studio.expressions import sample_units
from faceloom.studio.identity import Identity
from faceloom.studio.occluders import occlude
from faceloom.studio.render import render
from faceloom.studio.scene import sample_background, sample_light
from faceloom.studio.units import labels_from_units

Floats = npt.NDArray[np.float32]

YAW, PITCH, ROLL = 40.0, 25.0, 15.0
"""Furthest head directions, degrees either way."""

OCCLUDED: Final = 0.10


@dataclass(frozen=True)
class Still:
    """A picture and its labels."""

    image: npt.NDArray[np.uint8]
    """(size, size, 3) RGB."""
    aus: Floats
    """(17,) intensities 0-5 in the order of `facs.AUS`."""
    valence: float
    arousal: float
    expression: str
    yaw: float
    pitch: float
    roll: float
    keypoints15: Floats
    landmarks68: Floats
    visible68: npt.NDArray[np.bool_]
    """(68,) in the picture, hidden neither by the head nor by an occluder."""
    occlusion: float
    """Share of the visible face that an occluder covers."""
    units: Floats
    """(52,) labelled weights in the order of `units.UNITS`."""


@dataclass(frozen=True)
class Direction:
    """Where the pictures of one identity look on average, degrees."""

    yaw: float
    pitch: float


def sample_direction(rng: np.random.Generator) -> Direction:
    """The mean of an identity's head directions."""
    return Direction(float(rng.uniform(-25, 25)), float(rng.uniform(-12, 12)))


def sample_still(
    rng: np.random.Generator,
    identity: Identity,
    *,
    size: int = 256,
    units: Floats | None = None,
    direction: Direction | None = None,
    faults: bool = True,
) -> Still:
    """Draw one still of an identity.

    Args:
        rng: The only source of chance; equal states give equal stills.
        identity: Who.
        size: Side in pixels.
        units: Labelled weights (52,) of the face to show; drawn where None.
        direction: Mean head direction of this identity's stills; drawn where None.
        faults: Occluders, blur, noise and JPEG as of a real camera.
    """
    direction = direction or sample_direction(rng)
    units = sample_units(rng) if units is None else units
    yaw = float(np.clip(direction.yaw + rng.normal(0, 14), -YAW, YAW))
    pitch = float(np.clip(direction.pitch + rng.normal(0, 8), -PITCH, PITCH))
    roll = float(np.clip(rng.normal(0, 7), -ROLL, ROLL))
    seen = render(
        identity,
        units,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        size=size,
        light=sample_light(rng),
        background=sample_background(rng, size),
        eye_distance=rng.uniform(0.20, 0.30),
        camera=rng.uniform(6, 14),
        offset=(rng.uniform(-0.06, 0.06) * size, rng.uniform(-0.06, 0.06) * size),
    )
    image, covered = seen.image, np.zeros((size, size), bool)
    if faults and rng.random() < OCCLUDED:
        image, covered = occlude(image, seen, identity, rng)
    aus = labels_from_units(units)
    valence, arousal = affect(aus)
    return Still(
        image=degrade(image, rng) if faults else image,
        aus=aus,
        valence=float(valence),
        arousal=float(arousal),
        expression=str(expression(aus)),
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        keypoints15=seen.keypoints15,
        landmarks68=seen.landmarks68,
        visible68=seen.visible68 & ~_at(covered, seen.landmarks68),
        occlusion=float((covered & seen.face).sum() / max(1, seen.face.sum())),
        units=units,
    )


def _at(mask: npt.NDArray[np.bool_], points: Floats) -> npt.NDArray[np.bool_]:
    column, row = np.clip(np.rint(points).astype(int), 0, np.array(mask.shape[::-1]) - 1).T
    found: npt.NDArray[np.bool_] = mask[row, column]
    return found
