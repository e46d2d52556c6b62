"""Random faces for the stills: sparse action units, EMFACS prototypes, visemes with the upper face."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.facs import AUS, PROTOTYPES, UNITS_OF_AU
from faceloom.studio.units import INDEX, UNITS, columns, looking

Floats = npt.NDArray[np.float32]

SPARSE, PROTOTYPE = 0.38, 0.34
"""Shares of the draws; the rest are visemes with the upper face."""

MIXTURES: Final[tuple[dict[str, float], ...]] = (
    *(prototype for name, prototype in PROTOTYPES.items() if name != "neutral"),
    {"AU12": 0.7},
    {"AU06": 0.9, "AU12": 1.0, "AU25": 1.0, "AU26": 0.4},
    {"AU04": 0.6, "AU07": 0.6},
    {"AU14": 0.4, "AU15": 0.5, "AU17": 0.8},
    {"AU09": 0.4, "AU10": 0.8, "AU25": 0.6},
)
"""EMFACS prototypes and a few everyday mixtures, 0-1."""

VISEMES: Final[tuple[dict[str, float], ...]] = (
    {"jawOpen": 0.6},
    {"jawOpen": 0.3, "mouthStretch": 0.4},
    {"jawOpen": 0.25, "mouthFunnel": 0.6},
    {"jawOpen": 0.12, "mouthPucker": 0.8},
    {"jawOpen": 0.15, "mouthClose": 0.15, "mouthPress": 0.4},
    {"jawOpen": 0.12, "mouthLowerDown": 0.35, "mouthUpperUp": 0.15},
    {"jawOpen": 0.1, "mouthRollLower": 0.5},
    {"jawOpen": 0.2, "mouthUpperUp": 0.2, "mouthLowerDown": 0.3},
    {"mouthRollLower": 0.4, "mouthRollUpper": 0.4, "mouthPress": 0.3},
)
NUISANCES: Final = (
    *("mouthPucker", "mouthFunnel", "mouthPress", "mouthLowerDown", "mouthShrugUpper", "cheekPuff", "jawForward"),
)
SHIFTS: Final = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
ASYMMETRY: Final = 0.12
LIMIT: Final = 1.1


def sample_units(rng: np.random.Generator) -> Floats:
    """(52,) labelled weights of a random face, its gaze included."""
    shares, extra = _sample_shares(rng)
    units = np.zeros(len(UNITS), np.float32)
    add_aus(rng, units, shares)
    for unit, weight in extra.items():
        units[columns(unit)] += weight
    if rng.random() < 0.12:
        units[INDEX[str(rng.choice(SHIFTS))]] += rng.uniform(0, 0.5)
    return look_about(rng, np.clip(units, 0, LIMIT))


def look_about(rng: np.random.Generator, units: Floats) -> Floats:
    """The weights (52,) with a drawn gaze."""
    across, up = np.clip(rng.normal(0, (11, 8)), -28, 22)
    return looking(units, (float(across), float(up))).clip(0, LIMIT)


def add_aus(rng: np.random.Generator, units: Floats, shares: dict[str, float]) -> None:
    """Add intensities 0-1 by action unit to weights (52,), left and right a little different."""
    for au, share in shares.items():
        _add(rng, units, au, share)
    _add_mouth(rng, units, shares)


def _sample_shares(rng: np.random.Generator) -> tuple[dict[str, float], dict[str, float]]:
    """Intensities 0-1 by action unit, and weights of units that belong to none of the 17."""
    kind = rng.random()
    shares: dict[str, float] = {}
    extra: dict[str, float] = {}
    if kind < SPARSE:
        shares = {str(au): rng.uniform() for au in rng.choice(AUS, rng.integers(1, 5), replace=False)}
    elif kind < SPARSE + PROTOTYPE:
        size = rng.uniform(0.15, 1.1)
        mixture = MIXTURES[rng.integers(len(MIXTURES))]
        shares = {au: min(1.0, share * size * rng.uniform(0.7, 1.3)) for au, share in mixture.items()}
        for au in rng.choice(AUS, rng.integers(0, 2), replace=False):
            shares[str(au)] = max(shares.get(str(au), 0.0), rng.uniform(0, 0.8))
    else:
        shares = {str(au): rng.uniform(0, 0.8) for au in rng.choice(AUS[:9], rng.integers(0, 3), replace=False)}
        size = rng.uniform(0.3, 1.3)
        viseme = VISEMES[rng.integers(len(VISEMES))]
        extra = {unit: weight * size * rng.uniform(0.7, 1.3) for unit, weight in viseme.items()}
    _add_everyday(rng, shares, extra)
    return shares, extra


def _add_everyday(rng: np.random.Generator, shares: dict[str, float], extra: dict[str, float]) -> None:
    """Blinks, a unit that no label names, teeth in a smile."""
    if rng.random() < 0.22:
        shares["AU45"] = max(shares.get("AU45", 0.0), 1.0 if rng.random() < 0.5 else rng.uniform())
    if rng.random() < 0.15:
        unit = NUISANCES[rng.integers(len(NUISANCES))]
        extra[unit] = extra.get(unit, 0.0) + rng.uniform(0, 0.6)
    if shares.get("AU12", 0.0) > 0.5 and rng.random() < 0.5:
        shares["AU25"] = max(shares.get("AU25", 0.0), rng.uniform(0.2, 1))
        extra["mouthUpperUp"] = extra.get("mouthUpperUp", 0.0) + rng.uniform(0, 0.35)


def _add(rng: np.random.Generator, units: Floats, au: str, share: float) -> None:
    """The units of an action unit with a left/right difference; AU25 and AU26 are the mouth's."""
    if au in ("AU25", "AU26"):
        return
    lopsided = float(np.clip(rng.normal(0, ASYMMETRY), -0.3, 0.3))
    if au in ("AU12", "AU14") and rng.random() < 0.07:
        lopsided = float(rng.choice([-1.0, 1.0]))
    for unit in UNITS_OF_AU[au]:
        sides = columns(unit)
        jitter = rng.uniform(0.9, 1.1) if len(UNITS_OF_AU[au]) > 1 else 1.0
        factors = [1 + lopsided, 1 - lopsided] if len(sides) == 2 else [jitter]
        units[sides] += share * np.array(factors, np.float32)


def _add_mouth(rng: np.random.Generator, units: Floats, shares: dict[str, float]) -> None:
    """Jaw and lips of AU25 and AU26; now and then an open jaw behind closed lips."""
    apart, jaw = shares.get("AU25", 0.0), shares.get("AU26", 0.0)
    lifted = shares.get("AU10", 0.0) >= 0.4
    units[INDEX["jawOpen"]] += max(jaw, apart / (6 if lifted else 3))
    if jaw > 0 and rng.random() < 0.25:
        units[INDEX["mouthClose"]] += max(0.0, jaw - apart / 3)
