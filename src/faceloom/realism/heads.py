"""Pictures of the head that the films of reactions show, of the size that the Inception network takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from faceloom.realism.inception import SIDE
from faceloom.report.panels import BACKGROUND, IDENTITY, intensities
from faceloom.studio.identity import sample_identity
from faceloom.studio.render import render
from faceloom.studio.units import units_from_aus

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Images = npt.NDArray[np.uint8]


def poses(attributes: npt.NDArray[Any], stride: int) -> Floats:
    """Intensities (n, 17), 0-5, of the action units in every `stride`-th frame of attributes (T, 25), from the first.

    Motion is eased over all frames first, as in the films.
    """
    return intensities(attributes)[::stride]


class Head:
    """Draws the head; raises InputError where the studio's data files are not installed."""

    def __init__(self) -> None:
        self.identity = sample_identity(np.random.default_rng(IDENTITY))
        self.background = np.full((SIDE, SIDE, 3), BACKGROUND, np.uint8)

    def draw(self, poses: Floats) -> Images:
        """Pictures (n, 299, 299, 3) RGB of poses (n, 17)."""
        units = units_from_aus(poses)
        return np.stack([render(self.identity, u, size=SIDE, background=self.background).image for u in units])
