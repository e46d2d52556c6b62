"""Draw looks from a few population-like rules: skin, brows, lips, eyes, hair and clothes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.studio.look import Brow, Look
from faceloom.studio.skin import paint

Floats = npt.NDArray[np.float32]

BROW_HEIGHT: Final = 7.415
"""Centre of the painted brow: higher, and a landmark network sees no brow raise; real faces have it here."""

HAIR_COLOURS: Final = np.array(
    [
        [0.06, 0.05, 0.045],
        [0.13, 0.09, 0.06],
        [0.27, 0.17, 0.11],
        [0.56, 0.43, 0.27],
        [0.55, 0.54, 0.53],
        [0.4, 0.18, 0.09],
    ]
)
IRIS_COLOURS: Final = np.array([[0.16, 0.09, 0.05], [0.30, 0.19, 0.10], [0.33, 0.42, 0.52], [0.33, 0.40, 0.27]])


@dataclass(frozen=True)
class Person:
    """What the look depends on: shares of the macro targets."""

    ancestry: npt.NDArray[np.float64]
    """African, Asian, Caucasian; sum 1."""
    maleness: float
    old: bool


def sample_look(rng: np.random.Generator, person: Person) -> Look:
    """Draw a look; deterministic for one generator state."""
    tone = float(np.clip(person.ancestry @ [0.25, 0.68, 0.85] + rng.normal(0, 0.12), 0.05, 1))
    skin = _skin_colour(rng, tone)
    hair = _hair_colour(rng, person, tone)
    brow_colour = hair * 0.85 if rng.random() < 0.75 else HAIR_COLOURS[rng.integers(3)]
    brow = _sample_brow(rng, person.maleness)
    texture = paint(rng, skin, brow_colour, brow, person.maleness, person.old)
    hairline, density = _hairline(rng, person)
    lipstick = person.maleness < 0.4 and rng.random() < 0.45
    lips = (
        np.array([0.68, 0.18, 0.24]) * rng.uniform(0.6, 1.2)
        if lipstick
        else skin * [0.93, 0.64, 0.64] * rng.uniform(0.85, 1.1)
    )
    iris = IRIS_COLOURS[rng.choice(4, p=[0.55, 0.2, 0.15, 0.1])] * rng.uniform(0.75, 1.3)
    return Look(
        texture=texture,
        brow=brow,
        skin=_colour(skin),
        lips=_colour(lips),
        lip_strength=float(rng.uniform(0.45, 1.0)),
        iris=_colour(iris),
        iris_radius=float(rng.uniform(0.40, 0.50)),
        pupil_radius=float(rng.uniform(0.15, 0.25)),
        sclera=_colour(np.array([0.84, 0.81, 0.79]) * rng.uniform(0.82, 1.08)),
        hair=_colour(hair),
        hairline=hairline,
        hair_volume=float(rng.uniform(0.02, 0.13)),
        hair_density=density,
        long_hair=float(rng.uniform(4.6, 6.4))
        if rng.random() < 0.65 * (1 - person.maleness) and density > 0.5
        else 99.0,
        clothes=_colour(_clothes_colour(rng)),
        collar=float(rng.uniform(5.55, 5.95)),
        teeth=_colour(np.array([0.88, 0.84, 0.76]) * rng.uniform(0.82, 1.1)),
        mouth_light=float(rng.uniform(0.15, 0.5)),
        lashes=_colour(hair * 0.5 if rng.random() < 0.8 else skin * 0.5),
        lash_rows=int(rng.choice(3, p=[0.35, 0.55, 0.10])),
        shine=float(rng.uniform(0.15, 1.0)),
    )


def _colour(value: npt.NDArray[np.float64]) -> Floats:
    return np.clip(value, 0.01, 1).astype(np.float32)


def _skin_colour(rng: np.random.Generator, tone: float) -> npt.NDArray[np.float64]:
    dark, middle, light = np.array([0.33, 0.22, 0.17]), np.array([0.74, 0.54, 0.43]), np.array([0.96, 0.80, 0.72])
    mixed = dark + (middle - dark) * tone * 2 if tone < 0.5 else middle + (light - middle) * (tone - 0.5) * 2
    return np.asarray(mixed * rng.uniform(0.95, 1.05, 3))


def _hair_colour(rng: np.random.Generator, person: Person, tone: float) -> npt.NDArray[np.float64]:
    odds = np.array([0.35, 0.25, 0.18, 0.12 * tone, 0.05, 0.04 * tone])
    odds[4] += 0.6 * person.old
    return np.asarray(HAIR_COLOURS[rng.choice(6, p=odds / odds.sum())] * rng.uniform(0.8, 1.2))


def _clothes_colour(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    grey, tint = rng.uniform(0.08, 0.85), rng.normal(0, 0.12, 3)
    return np.asarray(np.clip(grey + tint, 0.03, 0.95))


def _sample_brow(rng: np.random.Generator, maleness: float) -> Brow:
    return Brow(
        inner=float(rng.uniform(0.08, 0.14)),
        outer=float(rng.uniform(0.50, 0.60)),
        height=float(BROW_HEIGHT + rng.normal(0, 0.02)),
        arch=float(rng.uniform(0, 0.07)),
        drop=float(rng.uniform(0, 0.08)),
        thickness=float(rng.uniform(0.02, 0.042) * (1 + 0.25 * maleness)),
        density=float(rng.uniform(0.5, 1) if rng.random() < 0.95 else 0.1),
    )


def _hairline(rng: np.random.Generator, person: Person) -> tuple[Floats, float]:
    """Forehead, temples, sideburns, round the ears and down the neck; (65,) heights and the density."""
    azimuth = np.linspace(0, 180, 65)
    front, recess = 7.98 + rng.normal(0, 0.06), rng.uniform(0, 0.16) * (0.4 + person.maleness)
    temple, burn = rng.uniform(7.45, 7.6), rng.uniform(6.95, 7.3)
    nape = rng.uniform(6.2, 6.7)
    heights = [front, front + recess, front - 0.1, temple, burn, 7.35, 6.9, nape, nape]
    line = np.interp(azimuth, [0, 28, 48, 62, 76, 92, 112, 135, 180], heights)
    bald = rng.random() < 0.10 * (0.3 + person.maleness)
    return cv2.GaussianBlur(line.astype(np.float32)[None], (0, 0), 1.2)[0], float(rng.uniform(0, 0.25) if bald else 1.0)
