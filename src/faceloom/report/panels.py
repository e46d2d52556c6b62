"""Squares of film side by side: recordings as they are, and 3D heads that move as 25 facial attributes say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from matplotlib import font_manager
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from scipy.ndimage import gaussian_filter1d

from faceloom.facs import AUS, REACT_AUS
from faceloom.report.video import read_frames
from faceloom.studio.identity import sample_identity
from faceloom.studio.render import render
from faceloom.studio.units import units_from_aus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from faceloom.report.video import Image

    Values = npt.NDArray[np.float64]
    Panel = tuple[str, Iterator[Image]]

SIZE: Final = 176
"""Side of a square, pixels."""
STRIP: Final = 24
COLUMNS: Final = 3
INK: Final = (225, 228, 232)
PAPER: Final = (18, 22, 30)
BACKGROUND: Final = (44, 51, 62)
IDENTITY: Final = 31
"""The seed of the face that all heads share: only the reactions differ."""
PRESENT: Final = 2.5
"""Intensity (0-5) at which a head shows an action unit that is present: the middle of the scale."""
EASE: Final = 0.08
"""Deviation in seconds of the smoothing that turns presence into motion: muscles do not switch."""
FPS: Final = 25


def mosaic(panels: Sequence[Panel]) -> Iterator[Image]:
    """Frames of all panels in rows of three, each under its name, as long as the shortest lasts."""
    names = [caption(name) for name, _ in panels]
    empty = np.full((SIZE + STRIP, SIZE, 3), PAPER, np.uint8)
    for pictures in zip(*(frames for _, frames in panels), strict=False):
        cells = [np.vstack([name, picture]) for name, picture in zip(names, pictures, strict=True)]
        cells += [empty] * (-len(cells) % min(COLUMNS, len(cells)))
        yield np.vstack([np.hstack(cells[k : k + COLUMNS]) for k in range(0, len(cells), COLUMNS)])


def recorded(path: Path, start: int, stop: int) -> Iterator[Image]:
    """The middle square of each frame of a decoded film."""
    for frame in read_frames(path, start, stop):
        side = min(frame.shape[:2])
        top, left = (frame.shape[0] - side) // 2, (frame.shape[1] - side) // 2
        square = frame[top : top + side, left : left + side]
        yield np.asarray(cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)


def head(attributes: Values) -> Iterator[Image]:
    """A head that shows attributes (T, 25); raises InputError where the studio's data files are not installed.

    Only the action units move it, by the table of the Facial Action Coding System: valence, arousal and expressions
    say nothing that they do not.
    """
    identity = sample_identity(np.random.default_rng(IDENTITY))
    background = np.full((SIZE, SIZE, 3), BACKGROUND, np.uint8)
    for units in units_from_aus(intensities(attributes)):
        yield render(identity, units, size=SIZE, background=background).image


def intensities(attributes: Values) -> Values:
    """The 17 action units (T, 17), 0-5, of attributes (T, 25) that say which are present."""
    present = np.asarray(attributes, float)[:, : len(REACT_AUS)].clip(0, 1)
    out = np.zeros((len(present), len(AUS)))
    for k, au in enumerate(REACT_AUS):
        if au in AUS:  # OpenFace does not code AU24
            out[:, AUS.index(au)] = PRESENT * gaussian_filter1d(present[:, k], EASE * FPS, mode="nearest")
    return out


def caption(text: str) -> Image:
    """A strip with a name, to go above one square."""
    strip = Pillow.new("RGB", (SIZE, STRIP), PAPER)
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans:bold"), 13)  # ships with matplotlib
    ImageDraw.Draw(strip).text((SIZE / 2, STRIP / 2), text, fill=INK, font=font, anchor="mm")
    return np.asarray(strip, np.uint8)
