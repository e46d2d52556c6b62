"""Pictures and frames of films behind one shape; coordinates are their pixels, upright and square."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Protocol

import av
import cv2
import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
from faceloom.faces.crop import cut_out
from faceloom.faces.smooth import Crop
from faceloom.features.landmarks import Roi
from faceloom.media.grid import on_grid
from faceloom.media.picture import BT601, FULL, LIMITED, Planes, black, colour_matrix, geometry, planes, raw_planes
from faceloom.media.probe import FPS, Probe, probe
from faceloom.media.video import VideoSource
from faceloom.stills.studio import shrunk

Image = npt.NDArray[np.uint8]

GAP: Final = 0.2
"""Seconds without a frame after which a film shows nothing, as in `decode.gap`."""

_FULL_RANGE: Final = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


class Frame(Protocol):
    """One picture."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""

    @property
    def luma(self) -> Image:
        """(h, w), for detectors: their outputs do not depend on its range."""

    @property
    def grey(self) -> Image:
        """(h, w), 0-255."""

    @property
    def rgb(self) -> Image:
        """(h, w, 3), 0-255."""

    def crop(self, square: Crop, side: int) -> Image:
        """A square of it, (side, side, 3) RGB."""


@dataclass(frozen=True)
class Still:
    """A picture (h, w, 3) or a grey one (h, w)."""

    pixels: Image

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def luma(self) -> Image:
        """(h, w)."""
        return self.grey

    @cached_property
    def grey(self) -> Image:
        """(h, w), by BT.601 as JPEG has it."""
        return self.pixels if self.pixels.ndim == 2 else np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY))

    @property
    def rgb(self) -> Image:
        """(h, w, 3)."""
        return self.pixels if self.pixels.ndim == 3 else np.asarray(cv2.cvtColor(self.pixels, cv2.COLOR_GRAY2RGB))

    def crop(self, square: Crop, side: int) -> Image:
        """A square of it, (side, side, 3) RGB."""
        half = square.size / 2
        cut = shrunk(self.pixels, Roi(square.x + half, square.y + half, square.size), side)
        return cut if cut.ndim == 3 else np.asarray(cv2.cvtColor(cut, cv2.COLOR_GRAY2RGB))


@dataclass(frozen=True)
class FilmFrame:
    """A frame of a film: planes Y, U, V of limited range."""

    planes: Planes
    matrix: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.planes[0].shape[1], self.planes[0].shape[0]

    @property
    def luma(self) -> Image:
        """(h, w), 16-235."""
        return self.planes[0]

    @cached_property
    def grey(self) -> Image:
        """(h, w), stretched to 0-255."""
        return np.asarray(cv2.LUT(self.planes[0], _FULL_RANGE), np.uint8)

    @property
    def rgb(self) -> Image:
        """(h, w, 3), by the film's matrix."""
        frame = av.VideoFrame(*self.size, "yuv420p")
        for target, plane in zip(raw_planes(frame), self.planes, strict=True):
            target[:] = plane
        picture: Any = frame.reformat(
            format="rgb24", src_colorspace=self.matrix, src_color_range=LIMITED, dst_color_range=FULL, threads=1
        )
        return np.asarray(picture.to_ndarray(), np.uint8)

    def crop(self, square: Crop, side: int) -> Image:
        """A square of it, (side, side, 3) RGB."""
        return cut_out(self.planes, square, self.matrix, side)


@dataclass(frozen=True)
class Film:
    """The pictures of a recording at the instants k/25 s, in their own size."""

    path: Path
    about: Probe

    @classmethod
    def open(cls, path: Path) -> Film:
        """Read a film's packets; raises InputError where it has no pictures."""
        about = probe(path)
        if not about.has_video:
            raise InputError(f"{path}: has sound but no pictures; name a film that has.")
        return cls(path, about)

    def __len__(self) -> int:
        return self.about.n_frames

    def __iter__(self) -> Iterator[FilmFrame]:
        """Every frame in order, one in memory at a time; black where the film has none."""
        video = VideoSource(self.path, threads=2)
        shape = None
        for shown in on_grid(((time - self.about.start, frame) for time, frame in video), len(self), GAP):
            if shown.item is not None:
                shape = shape or geometry(shown.item, max(shown.item.width, shown.item.height), video.aspect)
                matrix = colour_matrix(shown.item)
                yield FilmFrame(planes(shown.item, shape, matrix), matrix)
            else:
                yield FilmFrame(black(*(shape.shown if shape else (2, 2))), BT601)

    def seconds(self, frame: int) -> float:
        """Time of a frame from the film's beginning."""
        return frame / FPS
