"""How a face is painted: skin, brows, beard, lips, eyes, hair and clothes, drawn from a few population-like rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

TEXTURE: Final = 320
"""Side of the skin texture, a front view of the canonical face."""
LEFT, RIGHT, BOTTOM, TOP = -0.95, 0.95, 5.9, 8.55
"""What the texture covers, in decimetres of the canonical head."""

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

ACROSS, UPWARDS = np.meshgrid(
    np.linspace(LEFT, RIGHT, TEXTURE, dtype=np.float32), np.linspace(TOP, BOTTOM, TEXTURE, dtype=np.float32)
)


@dataclass(frozen=True)
class Brow:
    """A painted brow, mirrored on both sides; canonical decimetres."""

    inner: float
    outer: float
    height: float
    arch: float
    drop: float
    thickness: float
    density: float

    def centre(self, along: Floats) -> Floats:
        """Height at 0 (inner end) to 1 (outer end)."""
        raised = self.arch * np.sin(np.clip(along, 0, 1) * np.pi * 0.9)
        return np.asarray(self.height + raised - self.drop * np.clip(along - 0.5, 0, 1) ** 1.5 * 2, np.float32)


@dataclass(frozen=True)
class Look:
    """Colours are sRGB 0-1."""

    texture: Floats
    """(TEXTURE, TEXTURE, 3) skin with brows, beard and marks, front view; linear light."""
    brow: Brow
    skin: Floats
    lips: Floats
    lip_strength: float
    iris: Floats
    iris_radius: float
    """Sine of the angle from the eye's axis to the iris' rim."""
    pupil_radius: float
    sclera: Floats
    hair: Floats
    hairline: Floats
    """(65,) canonical height of the hairline by azimuth, 0 (front) to 180 degrees (back)."""
    hair_volume: float
    hair_density: float
    long_hair: float
    """Canonical height at which long hair ends; above the head's top for none."""
    clothes: Floats
    collar: float
    """Canonical height of the collar at the throat."""
    teeth: Floats
    mouth_light: float
    """Share of the light that enters the open mouth."""
    lashes: Floats
    lash_rows: int
    """0 none, 1 upper, 2 both."""
    shine: float


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
    texture = _paint(rng, person, skin, brow, brow_colour)
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
        if rng.random() < 0.0 * (1 - person.maleness) and density > 0.5
        else 99.0,
        clothes=_colour(_clothes_colour(rng)),
        collar=float(rng.uniform(5.55, 5.95)),
        teeth=_colour(np.array([0.88, 0.84, 0.76]) * rng.uniform(0.82, 1.1)),
        mouth_light=float(rng.uniform(0.15, 0.5)),
        lashes=_colour(hair * 0.5 if rng.random() < 0.8 else skin * 0.5),
        lash_rows=int(rng.choice(3, p=[0.35, 0.55, 0.10])),
        shine=float(rng.uniform(0.15, 1.0)),
    )


def to_linear(srgb: npt.ArrayLike) -> Floats:
    """Linear light of sRGB values 0-1 (IEC 61966-2-1)."""
    value = np.asarray(srgb, np.float32)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


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


def grain(rng: np.random.Generator, period: float, deviation: float) -> Floats:
    """Smooth noise over the texture with features of `period` texels."""
    cells = max(2, int(TEXTURE / period))
    coarse = rng.normal(0, deviation, (cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (TEXTURE, TEXTURE), interpolation=cv2.INTER_CUBIC), np.float32)


def _blob(x: float, y: float, width: float, height: float) -> Floats:
    return np.asarray(np.exp(-(((ACROSS - x) / width) ** 2 + ((UPWARDS - y) / height) ** 2)), np.float32)


def _mix(texture: Floats, colour: npt.NDArray[np.float64], mask: Floats) -> None:
    texture += (colour.astype(np.float32) - texture) * mask[..., None]


def _paint(
    rng: np.random.Generator,
    person: Person,
    skin: npt.NDArray[np.float64],
    brow: Brow,
    hair: npt.NDArray[np.float64],
) -> Floats:
    texture = np.broadcast_to(skin.astype(np.float32), (TEXTURE, TEXTURE, 3)).copy()
    mottle = grain(rng, 14, 0.018) + grain(rng, 45, 0.02) + grain(rng, 3, 0.012)
    texture *= 1 + mottle[..., None]
    _blush(rng, texture)
    _wrinkle(rng, texture, person.old)
    for _ in range(rng.integers(0, 6)):
        texture *= 1 - 0.45 * _blob(rng.uniform(-0.6, 0.6), rng.uniform(6.4, 7.9), 0.014, 0.014)[..., None]
    _paint_beard(rng, texture, person.maleness, hair)
    _paint_brows(rng, texture, brow, hair)
    return to_linear(texture.clip(0.01, 1))


def _blush(rng: np.random.Generator, texture: Floats) -> None:
    rosy, shade = rng.uniform(0, 0.13), rng.uniform(0, 0.3)
    for side in (-1, 1):
        texture *= 1 - rosy * _blob(side * 0.45, 6.98, 0.2, 0.16)[..., None] * np.array([0, 0.8, 0.7], np.float32)
        texture *= 1 - shade * _blob(side * 0.31, 7.26, 0.2, 0.13)[..., None] * np.array([0.8, 1, 0.95], np.float32)
    texture *= 1 - 0.7 * rosy * _blob(0, 6.97, 0.13, 0.09)[..., None] * np.array([0, 0.8, 0.7], np.float32)


def _wrinkle(rng: np.random.Generator, texture: Floats, old: bool) -> None:
    """Folds beside nose and mouth, and lines over the forehead: stronger in the old."""
    depth = rng.uniform(0.15, 0.4) if old else rng.uniform(0, 0.16)
    for side in (-1, 1):
        fold = 0.23 + 0.45 * np.clip(6.98 - UPWARDS, 0, 1) - 0.5 * np.clip(6.78 - UPWARDS, 0, 1)
        band = np.exp(-(((ACROSS * side - fold) / 0.022) ** 2)) * np.exp(-(((UPWARDS - 6.82) / 0.16) ** 4))
        texture *= 1 - depth * band[..., None] * np.array([0.6, 1, 1], np.float32)
    for height in (7.62, 7.72, 7.82):
        bend = height + rng.normal(0, 0.01) + 0.05 * np.cos(ACROSS * 4)
        line = np.exp(-(((UPWARDS - bend) / 0.010) ** 2)) * np.exp(-((ACROSS / 0.4) ** 4))
        texture *= 1 - 0.6 * depth * line[..., None]


def _paint_beard(rng: np.random.Generator, texture: Floats, maleness: float, hair: npt.NDArray[np.float64]) -> None:
    amount = rng.beta(0.7, 1.2) if maleness > 0.6 and rng.random() < 0.5 else 0.0
    if amount == 0:
        return
    jaw = np.clip((6.93 - UPWARDS) * 8, 0, 1) * np.clip((np.abs(ACROSS) - 0.1) * 6 + (UPWARDS < 6.75), 0, 1)
    if rng.random() < 0.6:
        jaw = np.maximum(jaw, np.exp(-(((UPWARDS - 6.87) / 0.04) ** 4)) * (np.abs(ACROSS) < 0.28))
    soft = cv2.GaussianBlur(jaw.astype(np.float32), (0, 0), 3.5)
    _mix(texture, hair * 1.1, soft * np.clip(amount * (1 + grain(rng, 2.5, 0.35)), 0, 1) * 0.85)


def _paint_brows(rng: np.random.Generator, texture: Floats, brow: Brow, hair: npt.NDArray[np.float64]) -> None:
    hairs = grain(rng, 3, 0.2)
    for side in (-1, 1):
        along = (ACROSS * side - brow.inner) / (brow.outer - brow.inner)
        taper = np.where(along < 0.15, 0.6 + along * 2.6, 1.05 - 0.75 * (along - 0.15))
        thickness = brow.thickness * np.clip(taper, 0.12, 1.05)
        across = np.exp(-(((UPWARDS - brow.centre(along)) / thickness) ** 4))
        ends = np.clip((along + 0.06) * 10, 0, 1) * np.clip((1.04 - along) * 8, 0, 1)
        _mix(texture, hair, (across * ends * np.clip(brow.density * (1 + hairs), 0, 1)).astype(np.float32))
