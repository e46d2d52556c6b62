"""Detectors behind one shape: luma picture in, `Detection`s in its pixels out.

Each works at one scale of its own, so that cost depends on the smallest face asked for and not on the video's size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.faces.boxes import DLIB, HAAR_NEAR, Box, Detection, Region, neighbourhood

HAAR_FILE: Final = str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
Gray = NDArray[np.uint8]
"""(h, w) luma."""


class Detector(Protocol):
    """Finds faces around a known place, or of at least some size anywhere."""

    def near(self, gray: Gray, box: Box) -> list[Detection]:
        """Faces of about the size of `box` in its neighbourhood."""

    def anywhere(self, gray: Gray, smallest: float) -> list[Detection]:
        """Faces of at least `smallest` pixels."""


class Haar:
    """OpenCV's `haarcascade_frontalface_default`."""

    WINDOW: Final = 24
    NEIGHBOURS: Final = 5
    """As published; one detection has the overlapping windows' mean."""
    STEP: Final = 1.2
    NEAR: Final = ((27.0, 1.3, 1.3), (28.5, 1.1, 1.5))
    """Side that the last face is scaled to, step between sizes and reach in box sides of two looks: a quick one at two
    sizes around the last, and where it fails a thorough one, cheaper than dlib. Windows up to twice `WINDOW` are
    scanned in steps of 2 pixels, larger ones of 1: a scale with both would pull their mean towards the larger."""
    NEAR_SIZES: Final = ((24, 24), (38, 38))
    """A narrower range is faster but follows a face that comes closer only in part: all of its windows fire always."""
    NEAR_NEIGHBOURS: Final = 2

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(HAAR_FILE)

    def near(self, gray: Gray, box: Box) -> list[Detection]:
        """Faces of 0.8 to 1.3 times the size of `box` in its neighbourhood."""
        for side, step, reach in self.NEAR:
            window = neighbourhood(box, reach, gray.shape[1], gray.shape[0])
            found = self._search(gray, window, side / box.w, step, self.NEAR_NEIGHBOURS, *self.NEAR_SIZES)
            if found:
                return [detection._replace(box=HAAR_NEAR.normalise(detection.box)) for detection in found]
        return []

    def anywhere(self, gray: Gray, smallest: float) -> list[Detection]:
        """Faces of at least `smallest` pixels."""
        scale = min(1.0, self.WINDOW / smallest)
        return self._search(gray, (0, 0, gray.shape[1], gray.shape[0]), scale, self.STEP, self.NEIGHBOURS)

    def _search(
        self,
        gray: Gray,
        window: Region,
        scale: float,
        step: float,
        neighbours: int,
        low: tuple[int, int] = (0, 0),
        high: tuple[int, int] = (0, 0),
    ) -> list[Detection]:
        part, fx, fy = cut(gray, window, scale)
        if min(part.shape) < self.WINDOW:
            return []
        boxes, counts = self._cascade.detectMultiScale2(part, step, neighbours, minSize=low, maxSize=high)
        return [
            Detection(Box(x * fx + window[0], y * fy + window[1], w * fx, h * fy), float(n / (n + 5)), "opencv")
            for (x, y, w, h), n in zip(np.asarray(boxes).tolist(), np.ravel(counts), strict=True)
        ]


class Hog:
    """dlib's frontal detector: histograms of oriented gradients, five views, faces of 80 pixels and more."""

    SIDE: Final = 80
    NEAR_SIDE: Final = 90
    """Pixels that the last face is scaled to: above `SIDE`, so that it may shrink from one frame to the next."""
    REACH: Final = 1.8

    def near(self, gray: Gray, box: Box) -> list[Detection]:
        """Faces in the neighbourhood of `box`, at the scales of the whole picture: its boxes have steps of a tenth."""
        window = neighbourhood(box, self.REACH, gray.shape[1], gray.shape[0])
        return self._search(gray, window, ladder(self.NEAR_SIDE * DLIB.scale / box.w))

    def anywhere(self, gray: Gray, smallest: float) -> list[Detection]:
        """Faces of at least `smallest` pixels."""
        return self._search(gray, (0, 0, gray.shape[1], gray.shape[0]), self.SIDE * DLIB.scale / smallest)

    def _search(self, gray: Gray, window: Region, scale: float) -> list[Detection]:
        part, fx, fy = cut(gray, window, scale)
        detector = _frontal_face_detector()  # loaded late: half a second that most clips never need
        rectangles, scores, _ = detector.run(part, 0, 0.0)
        found = []
        for r, score in zip(rectangles, scores, strict=True):
            box = Box(r.left() * fx + window[0], r.top() * fy + window[1], r.width() * fx, r.height() * fy)
            found.append(Detection(DLIB.normalise(box), float(1 / (1 + np.exp(-score))), "dlib"))
        return found


def ladder(least: float) -> float:
    """The smallest scale of at least `least` at which dlib sees a picture that it upsamples once: 2 * (5 / 6) ** k."""
    return 2.0 * (5 / 6) ** math.floor(math.log(2 / least) / math.log(6 / 5))


@cache
def _frontal_face_detector() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()


def cut(gray: Gray, window: Region, scale: float) -> tuple[Gray, float, float]:
    """A window of a picture, scaled, and the factors that bring its coordinates back to the picture's pixels."""
    x0, y0, x1, y1 = window
    width, height = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    part = np.asarray(cv2.resize(gray[y0:y1, x0:x1], (width, height), interpolation=method), np.uint8)
    return part, (x1 - x0) / width, (y1 - y0) / height


def detectors(name: str) -> Sequence[Detector]:
    """The detectors of `faces.detector` in the order in which they are asked.

    Raises:
        InputError: BlazeFace's model file is not installed.
    """
    if name == "cascade":
        return Haar(), Hog()
    if name == "blazeface":
        from faceloom.faces.blazeface import BlazeFace

        return (BlazeFace(),)
    raise InputError(f"faces.detector: `{name}` is not a detector; use cascade or blazeface.")
