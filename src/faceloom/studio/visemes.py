"""Mouth shapes of phonemes, and how neighbouring phonemes blend into motion.

Blending follows the dominance idea of Cohen and Massaro (1993): every phoneme pulls each face unit towards its own
target with a strength that fades before and after it; what must close (p, b, m) pulls hardest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.units import UNITS, columns
from faceloom.studio.voice import Timed

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Viseme:
    """Targets of face units, and how strongly they win over the neighbours'."""

    units: dict[str, float]
    dominance: float = 1.0


VISEMES: Final[dict[str, Viseme]] = {
    "open": Viseme({"jawOpen": 0.55, "mouthLowerDown": 0.15}),
    "mid": Viseme({"jawOpen": 0.35, "mouthStretch": 0.12, "mouthLowerDown": 0.15}),
    "spread": Viseme({"jawOpen": 0.16, "mouthStretch": 0.35, "mouthSmile": 0.10, "mouthLowerDown": 0.2}),
    "round": Viseme({"jawOpen": 0.30, "mouthFunnel": 0.55}, 1.3),
    "pursed": Viseme({"jawOpen": 0.12, "mouthPucker": 0.65, "mouthFunnel": 0.15}, 1.5),
    "schwa": Viseme({"jawOpen": 0.22, "mouthLowerDown": 0.10}, 0.6),
    "closed": Viseme({"jawOpen": 0.06, "mouthPress": 0.35, "mouthRollLower": 0.18, "mouthRollUpper": 0.15}, 4.0),
    "teeth": Viseme({"jawOpen": 0.08, "mouthRollLower": 0.55, "mouthUpperUp": 0.18}, 2.5),
    "tongue": Viseme({"jawOpen": 0.16, "mouthLowerDown": 0.25}, 0.9),
    "hiss": Viseme({"jawOpen": 0.07, "mouthStretch": 0.20, "mouthLowerDown": 0.25, "mouthUpperUp": 0.12}, 1.4),
    "hush": Viseme({"jawOpen": 0.10, "mouthFunnel": 0.45, "mouthLowerDown": 0.15}, 1.6),
    "back": Viseme({"jawOpen": 0.22}, 0.7),
    "rhotic": Viseme({"jawOpen": 0.16, "mouthFunnel": 0.25, "mouthPucker": 0.15}, 1.0),
}

_SOUNDS: Final = {
    "open": "a a# A: A@ 0 aa V",
    "mid": "E e e@ eI @2 3 3: I2 a2",
    "spread": "i i: I# I i@ i@3 j",
    "round": "O2 O: O@ O o@ OI oU aU",
    "pursed": "u u: U U@ w",
    "schwa": "@ @L @5 @-",
    "closed": "p b m",
    "teeth": "f v",
    "tongue": "t d n l T D t# t2 ?",
    "hiss": "s z",
    "hush": "S Z tS dZ",
    "back": "k g h N x",
    "rhotic": "r r- 3r",
}
SHAPE_OF: Final = {sound: shape for shape, sounds in _SOUNDS.items() for sound in sounds.split()}

DIPHTHONGS: Final = {
    "aI": ("open", "spread"),
    "eI": ("mid", "spread"),
    "OI": ("round", "spread"),
    "aI@": ("open", "mid"),
} | {
    "aU": ("open", "pursed"),
    "oU": ("round", "pursed"),
}

LEAD: Final = 0.04
"""Seconds by which the mouth is ahead of the sound."""
SPREAD: Final = 0.055
"""Seconds in which a phoneme's pull fades to a half or so."""
REST: Final = 0.25
"""Pull of the closed resting mouth, against a phoneme's 1."""


def mouth(phonemes: Sequence[Timed], times: Floats, strength: float) -> Floats:
    """Face units of speech.

    Args:
        phonemes: With times in seconds.
        times: (t,) instants in seconds.
        strength: Factor of every target: how much this person articulates.

    Returns:
        (t, 52) weights.
    """
    pulled, total = np.zeros((len(times), len(UNITS)), np.float64), np.full(len(times), REST)
    for shape, start, end in _shapes(phonemes):
        viseme = VISEMES[shape]
        middle, half = (start + end) / 2 - LEAD, (end - start) / 2
        outside = np.maximum(np.abs(times - middle) - 0.6 * half, 0)
        pull = viseme.dominance * np.exp(-((outside / SPREAD) ** 1.5))
        total += pull
        for unit, target in viseme.units.items():
            pulled[:, columns(unit)] += (pull * target * strength)[:, None]
    return np.asarray(pulled / total[:, None], np.float32)


def _shapes(phonemes: Sequence[Timed]) -> list[tuple[str, float, float]]:
    """Mouth shapes with times; diphthongs are two shapes, unknown sounds a schwa."""
    shapes = []
    for sound in phonemes:
        if sound.name in DIPHTHONGS:
            middle = sound.start + 0.6 * (sound.end - sound.start)
            first, second = DIPHTHONGS[sound.name]
            shapes += [(first, sound.start, middle), (second, middle, sound.end)]
        else:
            shapes.append((SHAPE_OF.get(sound.name, "schwa"), sound.start, sound.end))
    return shapes
