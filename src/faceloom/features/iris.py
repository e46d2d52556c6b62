"""Eyelids and irises (MediaPipe's iris network): the face mesh alone is nearly blind to eyelids."""

from __future__ import annotations

from dataclasses import dataclass
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

STILL: Final = 2.75
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
        eyes = enumerate(self.rois(landmarks))
        return eye_frame(np.stack([self.read(self.picture(image, roi, eye)) for eye, roi in eyes]))

    def rois(self, landmarks: Array) -> tuple[Roi, Roi]:
        """The squares of the right and the left eye."""
        return eye_roi(landmarks, RIGHT_EYE_CORNERS), eye_roi(landmarks, LEFT_EYE_CORNERS)

    def picture(self, image: Image, roi: Roi, eye: int) -> Image:
        """Eye 0 (right, mirrored) or 1 (left) as the network sees it, (64, 64, 3)."""
        return roi.cut(image, self._network.side, mirror=eye == 0)

    def read(self, picture: Image) -> Array:
        """Points (76, 2) of one eye in pixels of its picture."""
        contour, iris = self._network(picture)
        return np.concatenate([contour, iris]).reshape(N_POINTS, 3)[:, :2]


@dataclass(frozen=True)
class Read:
    """An eye when it was read last: where, what was seen, and its points."""

    roi: Roi
    picture: Image
    points: Array


class EyeTracker:
    """Both eyes through a clip: an eye whose picture has hardly changed keeps its points.

    Reading the eyes is the dearest part of extraction, and more than half the eyes of talking people look as they did
    a moment ago. The picture is compared in the old square and, where that differs, in its new one too: landmarks
    tremble, and a square that shifts by half a pixel is no lid that moves. On the studio's films this reads 43 of 100
    eyes. What it costs there, in correlation with the truth: AU45 0.931 against 0.935 with all eyes read, AU07 0.0075
    less; the mean of all units stays (0.460 against 0.459).
    """

    def __init__(self) -> None:
        self._network = IrisNetwork()
        self.forget()

    def forget(self) -> None:
        """Begin anew: another face, or one that was lost."""
        self._last: list[Read | None] = [None, None]

    def __call__(self, image: Image, landmarks: Array) -> Array:
        """Points (2, 76, 2) of the next frame's eyes in pixels of their pictures: `eye_frame` takes many at once."""
        return np.stack([self._points(image, roi, eye) for eye, roi in enumerate(self._network.rois(landmarks))])

    def _points(self, image: Image, roi: Roi, eye: int) -> Array:
        last = self._last[eye]
        if last is not None and _alike(self._network.picture(image, last.roi, eye), last.picture):
            return last.points
        picture = self._network.picture(image, roi, eye)
        if last is not None and _alike(picture, last.picture):
            return last.points
        points = self._network.read(picture)
        self._last[eye] = Read(roi, picture, points)
        return points


def _alike(one: Image, other: Image) -> bool:
    return float(cv2.norm(one, other, cv2.NORM_L1)) <= STILL * one.size
