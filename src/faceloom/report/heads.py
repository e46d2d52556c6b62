"""The 3D head of the studio, twice side by side: moved by the truth and by a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib import font_manager
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from faceloom.studio.identity import sample_identity
from faceloom.studio.render import render
from faceloom.studio.units import units_from_aus

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from faceloom.report.video import Image

    Values = npt.NDArray[np.float64]

SIZE: Final = 256
STRIP: Final = 34
BACKGROUND: Final = (44, 51, 62)
IDENTITY: Final = 31
"""The seed of the face that both show: one with dark brows, whose motion is easy to see."""


class TwoHeads:
    """Renders pairs of heads; raises InputError where the studio's data files are not installed."""

    def __init__(self) -> None:
        self.identity = sample_identity(np.random.default_rng(IDENTITY))

    def frames(self, names: tuple[str, str], left: Values, right: Values, pose: Values) -> Iterator[Image]:
        """Frames of 512x290 RGB, the names above the heads.

        Args:
            names: Of the left and the right head.
            left: (frames, 17) intensities of the left head.
            right: (frames, 17) intensities of the right head.
            pose: (frames, 3) yaw, pitch and roll of both, degrees.
        """
        strip = np.hstack([label(names[0], (225, 228, 232)), label(names[1], (255, 154, 92))])
        background = np.full((SIZE, SIZE, 3), BACKGROUND, np.uint8)
        for aus, other, (yaw, pitch, roll) in zip(left, right, pose, strict=True):
            pair = [
                render(
                    self.identity,
                    units_from_aus(unit),
                    yaw=yaw,
                    pitch=pitch,
                    roll=roll,
                    size=SIZE,
                    background=background,
                ).image
                for unit in (aus, other)
            ]
            yield np.vstack([strip, np.hstack(pair)])


def label(text: str, colour: tuple[int, int, int]) -> Image:
    """A strip with a name, to go above one head."""
    strip = Pillow.new("RGB", (SIZE, STRIP), (18, 22, 30))
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans:bold"), 18)  # ships with matplotlib
    ImageDraw.Draw(strip).text((SIZE / 2, STRIP / 2), text, fill=colour, font=font, anchor="mm")
    return np.asarray(strip, np.uint8)
