"""Eyelids and irises (MediaPipe's iris network): the face mesh alone is nearly blind to eyelids."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.features.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Roi
from faceloom.features.tflite import TfliteNetwork

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

N_POINTS: Final = 76
"""71 points of the eye's contour and brow, 5 of the iris."""

WIDTHS: Final = 2.3
"""Side of the network's square over the distance of the eye's corners."""

LOWER_LID: Final = (3, 4, 5)
UPPER_LID: Final = (11, 12, 13)
"""The middle of the lids in the network's contour, whose points 0 and 8 are the corners."""

STILL: Final = 2.5
"""Mean difference in grey levels below which an eye counts as unchanged: camera noise, not a lid."""


def eye_roi(landmarks: Array, corners: tuple[int, int]) -> Roi:
    """The square around one eye, level with its corners."""
    first, last = landmarks[corners[0], :2], landmarks[corners[1], :2]
    dx, dy = last - first
    x, y = (first + last) / 2
    return Roi(float(x), float(y), float(np.hypot(dx, dy)) * WIDTHS, float(np.arctan2(dy, dx)))


def eye_frame(points: Array) -> Array:
    """Points (..., 76, 2) with the eye's corners moved to (-1/2, 0) and (1/2, 0): free of the head's roll and size."""
    first, last = points[..., 0, :], points[..., 8, :]
    axis = last - first
    width = np.linalg.norm(axis, axis=-1, keepdims=True) + 1e-6
    cos, sin = np.moveaxis(axis / width, -1, 0)
    centred = (points - ((first + last) / 2)[..., None, :]) / width[..., None]
    x, y = np.moveaxis(centred, -1, 0)
    cos, sin = cos[..., None], sin[..., None]
    return np.stack([x * cos + y * sin, y * cos - x * sin], axis=-1).astype(np.float32)


def aperture(iris: Array) -> Array:
    """Opening of the lids over the eye's width, (...,), from points (..., 76, 2) in the eye frame."""
    gap = iris[..., LOWER_LID, 1].mean(axis=-1) - iris[..., UPPER_LID, 1].mean(axis=-1)
    return np.asarray(gap, dtype=np.float32)


class IrisNetwork:
    """`iris_landmark.tflite` on both eyes; it knows left eyes only, so the right one is mirrored."""

    def __init__(self) -> None:
        self._network = TfliteNetwork("iris_landmark")

    def __call__(self, image: Image, landmarks: Array) -> Array:
        """Points (2, 76, 2) in the eye frame, right eye first (mirrored), for landmarks (468, 3) in the image."""
        return eye_frame(np.stack([self.read(picture) for picture in self.pictures(image, landmarks)]))

    def pictures(self, image: Image, landmarks: Array) -> tuple[Image, Image]:
        """The right (mirrored) and the left eye as the network sees them, (64, 64, 3)."""
        right, left = (eye_roi(landmarks, corners) for corners in (RIGHT_EYE_CORNERS, LEFT_EYE_CORNERS))
        return right.cut(image, self._network.side, mirror=True), left.cut(image, self._network.side)

    def read(self, picture: Image) -> Array:
        """Points (76, 2) of one eye in pixels of its picture."""
        contour, iris = self._network(picture)
        return np.concatenate([contour, iris]).reshape(N_POINTS, 3)[:, :2]


class EyeTracker:
    """Both eyes through a clip: an eye whose picture has hardly changed keeps its points.

    Reading the eyes is the dearest part of extraction, and about two of five eyes of talking people look as they did a
    moment ago: at `STILL` the opening then differs by half a percent of the eye's width on average, and every blink
    stays (of the alternatives, one eye per frame in turn saves as much and distorts twice as much).
    """

    def __init__(self) -> None:
        self._network = IrisNetwork()
        self.forget()

    def forget(self) -> None:
        """Begin anew: another face, or one that was lost."""
        self._last: list[tuple[Image, Array] | None] = [None, None]

    def __call__(self, image: Image, landmarks: Array) -> Array:
        """Points (2, 76, 2) of the next frame's eyes in pixels of their pictures: `eye_frame` takes many at once."""
        points = []
        for side, picture in enumerate(self._network.pictures(image, landmarks)):
            last = self._last[side]
            if last is None or cv2.norm(picture, last[0], cv2.NORM_L1) / picture.size > STILL:
                last = self._last[side] = (picture, self._network.read(picture))
            points.append(last[1])
        return np.stack(points)
