"""Action units and the 52 face units (ARKit names): what is labelled, and the stronger motion that is drawn.

Labels come from the plain weights. What is drawn is stronger: the units alone move less than real faces do, and
networks that find landmarks damp small motion further (gains measured against real faces).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.facs import AUS, MAX_INTENSITY, UNITS_OF_AU

Floats = npt.NDArray[np.float32]

_SIDED: Final = [
    "browDown",
    "browOuterUp",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
    "mouthUpperUp",
    "noseSneer",
]
_SINGLE: Final = [
    "browInnerUp",
    "cheekPuff",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthFunnel",
    "mouthLeft",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "tongueOut",
]

UNITS: Final = tuple(sorted([*_SINGLE, *(name + side for name in _SIDED for side in ("Left", "Right"))]))
"""The 52 face units, in the order of every `units` column."""

INDEX: Final = {name: k for k, name in enumerate(UNITS)}

GAINS: Final[dict[str, float]] = {
    "browInnerUp": 1.2,
    "browOuterUp": 1.1,
    "browDown": 1.2,
    "eyeWide": 1.6,
    "cheekSquint": 1.7,
    "eyeSquint": 1.4,
    "eyeBlink": 1.08,
    "noseSneer": 2.2,
    "mouthUpperUp": 1.2,
    "mouthDimple": 1.3,
    "mouthFrown": 1.6,
    "mouthShrugLower": 2.0,
    "mouthStretch": 1.6,
    "mouthRollUpper": 1.3,
    "mouthRollLower": 1.3,
}
"""Drawn weight per labelled weight; 1 where it is not listed."""

CHEEK_SQUINTS: Final = 0.55
"""A drawn cheek raise closes the lower lid at least this much (orbicularis oculi is one muscle)."""

SNEER_LIFTS: Final = 0.35
"""A drawn nose wrinkle lifts the upper lip and lowers the brow by this share."""

LOOK_DEGREES: Final = (30.0, 25.0)
"""Horizontal and vertical rotation of the eye at full weight of an eyeLook unit."""


def columns(unit: str) -> list[int]:
    """Indices of a unit, both sides where it has sides."""
    return [INDEX[unit]] if unit in INDEX else [INDEX[unit + "Left"], INDEX[unit + "Right"]]


def strength(units: npt.ArrayLike, unit: str) -> Floats:
    """Mean weight over the sides of a unit, (...,)."""
    mean: Floats = np.asarray(units, np.float32)[..., columns(unit)].mean(-1)
    return mean


def weights(**values: float) -> Floats:
    """(52,) weights from unit names, with or without a side; the rest is 0."""
    units = np.zeros(len(UNITS), np.float32)
    for unit, value in values.items():
        units[columns(unit)] = value
    return units


def units_from_aus(aus: npt.ArrayLike) -> Floats:
    """Face units that show action-unit intensities, left and right alike.

    AU26 opens the jaw; AU25 beyond (below) what jaw and AU10 part then lowers the lower lip (closes the lips). Lips
    are fully apart only with the jaw 0.1 open, so AU25 of 5 raises AU26 to at least 0.5; and AU25 saturates, so its
    last 1.5 fade the closing out instead of closing a wide open mouth to a third.

    Args:
        aus: (..., 17) intensities 0-5 in the order of `facs.AUS`.

    Returns:
        (..., 52) weights 0-1 in the order of `UNITS`.
    """
    share = np.clip(np.asarray(aus, np.float32) / MAX_INTENSITY, 0, 1)
    units = np.zeros((*share.shape[:-1], len(UNITS)), np.float32)
    for k, au in enumerate(AUS):
        for unit in UNITS_OF_AU.get(au, ()):
            units[..., columns(unit)] = share[..., k, None]
    apart, jaw, lift = (share[..., AUS.index(au)] for au in ("AU25", "AU26", "AU10"))
    jaw = np.maximum(jaw, (apart - 0.7) / 3)
    units[..., INDEX["jawOpen"]] = jaw
    lower = np.where(apart - 3 * jaw > 0.7 * lift, (apart - 3 * jaw) / 0.7, 0)
    units[..., columns("mouthLowerDown")] = np.clip(lower, 0, 1)[..., None]
    close = np.clip(jaw - (apart - 0.7 * lift).clip(0) / 3, 0, 1)
    units[..., INDEX["mouthClose"]] = close * np.clip((1 - apart) / 0.3, 0, 1)
    return units


def labels_from_units(units: npt.ArrayLike) -> Floats:
    """Action-unit intensities that plain (not drawn) weights mean.

    `AU26 = 5 jawOpen`; `AU25 = 5 clip(3 (jawOpen - mouthClose) + 0.7 max(mouthUpperUp, mouthLowerDown), 0, 1)`; all
    others are the mean weight of their units, times 5.

    Args:
        units: (..., 52) weights in the order of `UNITS`.

    Returns:
        (..., 17) intensities 0-5 in the order of `facs.AUS`.
    """
    parted = 3 * (strength(units, "jawOpen") - strength(units, "mouthClose"))
    lifted = np.maximum(strength(units, "mouthUpperUp"), strength(units, "mouthLowerDown"))
    means = {au: np.mean([strength(units, u) for u in UNITS_OF_AU.get(au, ())], 0) for au in AUS if au != "AU25"}
    means["AU25"] = parted + 0.7 * lifted
    stacked: Floats = np.stack([means[au] for au in AUS], -1)
    return np.asarray(MAX_INTENSITY * np.clip(stacked, 0, 1), dtype=np.float32)


def drawn(units: npt.ArrayLike) -> Floats:
    """Weights (..., 52) that the renderer moves the mesh with, from labelled weights."""
    strong = np.array(units, np.float32)
    for unit, gain in GAINS.items():
        strong[..., columns(unit)] *= gain
    squint, cheek = columns("eyeSquint"), columns("cheekSquint")
    strong[..., squint] = np.maximum(strong[..., squint], CHEEK_SQUINTS * strong[..., cheek])
    sneer = SNEER_LIFTS * strong[..., columns("noseSneer")]
    for unit in ("mouthUpperUp", "browDown"):
        strong[..., columns(unit)] += sneer
    return strong


def looking(units: npt.ArrayLike, gaze: tuple[float, float]) -> Floats:
    """Units plus the eyeLook units of a gaze (degrees towards the subject's left, degrees up)."""
    turned = np.array(units, np.float32)
    left, up = gaze[0] / LOOK_DEGREES[0], gaze[1] / LOOK_DEGREES[1]
    pairs = {"eyeLookOutLeft": left, "eyeLookInRight": left, "eyeLookInLeft": -left, "eyeLookOutRight": -left}
    pairs |= {f"eyeLook{way}{side}": sign * up for way, sign in (("Up", 1), ("Down", -1)) for side in ("Left", "Right")}
    for unit, value in pairs.items():
        turned[..., INDEX[unit]] += max(value, 0.0)
    return turned


def gaze_of(units: npt.NDArray[Any]) -> Floats:
    """(..., 2, 2) rotation of the left and the right eye: degrees towards the subject's left, degrees up."""
    horizontal = [("eyeLookOutLeft", "eyeLookInLeft"), ("eyeLookInRight", "eyeLookOutRight")]
    left = [units[..., INDEX[out]] - units[..., INDEX[inwards]] for out, inwards in horizontal]
    up = [units[..., INDEX["eyeLookUp" + side]] - units[..., INDEX["eyeLookDown" + side]] for side in ("Left", "Right")]
    stacked = np.stack([np.stack(left, -1) * LOOK_DEGREES[0], np.stack(up, -1) * LOOK_DEGREES[1]], -1)
    return stacked.astype(np.float32)
