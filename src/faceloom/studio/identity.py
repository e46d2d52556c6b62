"""Identities: a face shape from the parametric head's targets, a look, and how strongly each unit moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from faceloom.studio.appearance import Person, sample_look
from faceloom.studio.assets import LEFT_EYE, RIGHT_EYE, Floats
from faceloom.studio.head import Head, load_head
from faceloom.studio.landmarks import Anchors, brow_anchors
from faceloom.studio.look import Look
from faceloom.studio.materials import settings
from faceloom.studio.units import UNITS
from faceloom.studio.volume import fixed_attributes, thickness

ANCESTRIES: Final = ("african", "asian", "caucasian")
SEXES: Final = ("female", "male")
AGES: Final = ("child", "young", "old")
AGE_ODDS: Final = (0.05, 0.67, 0.28)
BUILDS: Final = ("minweight", "averageweight", "maxweight")

LOCAL_ODDS: Final = 0.35
"""Share of the local target families (nose width, eye height, ...) that an identity departs from the mean in."""

UNIT_SPREAD: Final = 0.15
"""An identity moves each unit up to this much more or less than the label says."""


@dataclass(frozen=True)
class Identity:
    """One synthetic person. Lengths in decimetres."""

    shape: Floats
    """(n, 3) vertices at rest."""
    look: Look
    unit_strength: Floats
    """(52,) factor of each unit, not part of the labels."""
    eye_distance: float
    centre: Floats
    """(3,) centre of head rotation and of the picture, below and behind the middle of the eyes."""
    maleness: float
    brows: Anchors
    """Where the painted brows' landmarks lie on the mesh."""
    thickness: Floats
    """(n,) decimetres by which hair and clothes stand off."""
    attributes: Floats
    """(n, 16) what the pixel shader interpolates; what depends on the frame is 0."""
    settings: Floats
    """Materials in the order of `surface`."""


def sample_identity(rng: np.random.Generator) -> Identity:
    """Draw an identity; the same generator state gives the same identity."""
    head = load_head()
    ancestry, maleness = rng.dirichlet([0.6, 0.6, 0.6]), float(rng.beta(0.6, 0.6))
    age = int(rng.choice(3, p=AGE_ODDS))
    targets = _macro(rng, ancestry, maleness, age) | _local(rng, head)
    shape = head.vertices.copy()
    for name, weight in targets.items():
        if abs(weight) > 0.01 and name in head.target_names:
            shape += np.float32(weight) * head.targets[head.target_names.index(name)]
    eyes = np.stack([shape[head.vertices_of(group)].mean(0) for group in (LEFT_EYE, RIGHT_EYE)])
    distance = float(np.linalg.norm(eyes[0] - eyes[1]))
    look = sample_look(rng, Person(ancestry, maleness, age == AGES.index("old")))
    return Identity(
        shape=shape,
        look=look,
        unit_strength=rng.uniform(1 - UNIT_SPREAD, 1 + UNIT_SPREAD, len(UNITS)).astype(np.float32),
        eye_distance=distance,
        centre=(eyes.mean(0) + distance * np.array([0, -0.25, -0.4])).astype(np.float32),
        maleness=maleness,
        brows=brow_anchors(look.brow),
        thickness=thickness(look, head),
        attributes=fixed_attributes(look, head),
        settings=settings(look),
    )


def _macro(rng: np.random.Generator, ancestry: np.ndarray, maleness: float, age: int) -> dict[str, float]:
    """Weights of the whole-body targets: products of the shares of ancestry, sex, age and build."""
    ages = np.zeros(3)
    ages[age] = 1 - 0.5 * rng.uniform(0, 0.8)
    ages[1] += 1 - ages.sum()
    build = str(rng.choice(BUILDS, p=[0.25, 0.5, 0.25]))
    targets: dict[str, float] = {}
    for sex, sex_share in zip(SEXES, (1 - maleness, maleness), strict=True):
        for years, age_share in zip(AGES, ages, strict=True):
            share = sex_share * age_share
            targets[f"macro/universal-{sex}-{years}-averagemuscle-{build}"] = float(share)
            for people, people_share in zip(ANCESTRIES, ancestry, strict=True):
                targets[f"macro/{people}-{sex}-{years}"] = float(share * people_share)
    return targets


def _local(rng: np.random.Generator, head: Head) -> dict[str, float]:
    """A few families of local targets, one direction each, both sides alike up to a small asymmetry."""
    targets: dict[str, float] = {}
    for options in _families(head.target_names).values():
        if rng.random() >= LOCAL_ODDS:
            continue
        name = options[rng.integers(len(options))]
        weight = min(1.0, abs(rng.normal(0, 0.35))) * (0.3 if "head-trans" in name or "/ears/" in name else 1.0)
        targets[name] = weight
        if "/l-" in name:
            targets[name.replace("/l-", "/r-")] = weight + (rng.normal(0, 0.1) if rng.random() < 0.3 else 0.0)
    return targets


def _families(names: tuple[str, ...]) -> dict[str, list[str]]:
    """Opposite directions of one measure together (`nose-width1-decr`, `-incr`); right sides follow the left."""
    families: dict[str, list[str]] = {}
    for name in names:
        if name.startswith("local/") and "/r-" not in name:
            families.setdefault(name.rsplit("-", 1)[0], []).append(name)
    return families
