"""Posed expressions: the faces of people who are asked for one, as in a laboratory's database.

Every class as often as every other, each at its own strength, and never quite as the book has it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.facs import AUS, EXPRESSIONS, PROTOTYPES
from faceloom.studio.expressions import LIMIT, add_aus, look_about
from faceloom.studio.units import UNITS, columns

Floats = npt.NDArray[np.float32]

STRENGTH: Final = (0.5, 1.1)
"""Weakest and strongest pose, of the prototype."""

OTHER_UNIT, BLINK = 0.3, 0.1
"""Odds of an action unit that does not belong to the pose, and of closed eyes."""


def pose_units(rng: np.random.Generator, expression: str) -> Floats:
    """(52,) labelled weights of a posed expression, one of `facs.EXPRESSIONS`, its gaze included."""
    strength = rng.uniform(*STRENGTH)
    prototype = PROTOTYPES[expression]
    shares = {au: min(1.0, share * strength * rng.uniform(0.7, 1.3)) for au, share in prototype.items()}
    if rng.random() < OTHER_UNIT:
        other = str(rng.choice(AUS))
        shares[other] = max(shares.get(other, 0.0), rng.uniform(0, 0.4))
    if rng.random() < BLINK:
        shares["AU45"] = rng.uniform(0.3, 1.0)
    units = np.zeros(len(UNITS), np.float32)
    add_aus(rng, units, shares)
    if expression == "contempt":
        _one_sided(rng, units)
    return look_about(rng, units.clip(0, LIMIT))


def _one_sided(rng: np.random.Generator, units: Floats) -> None:
    """Contempt raises one corner of the mouth."""
    resting = int(rng.integers(2))
    for unit in ("mouthSmile", "mouthDimple"):
        units[columns(unit)[resting]] *= 0.15


def poses(rng: np.random.Generator) -> list[Floats]:
    """Each expression once, in the order of `facs.EXPRESSIONS`."""
    return [pose_units(rng, name) for name in EXPRESSIONS]
