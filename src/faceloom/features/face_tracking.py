"""Landmarks and eyelids of a clip's face crops, frame after frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from faceloom.features.face_table import FaceWindow
from faceloom.features.iris import EyeTracker, eye_frame
from faceloom.features.landmarks import Image, Landmarker, Roi, decode, keypoints15, landmarks68, roi_of, whole
from faceloom.features.mouth_texture import mouth_texture

Array = npt.NDArray[np.float32]

COLUMNS: Final = ("is_face", "track", "crop_x", "crop_y", "crop_size", "image")
MIN_CONFIDENCE: Final = 0.5
"""Below it the square holds no face: MediaPipe's own threshold."""


@dataclass
class Last:
    """Where the face was in the frame before."""

    landmarks: Array
    track: int


class FaceTracker:
    """Follows one face: a frame looks where the landmarks of the last one lay, and anew in the crop when lost."""

    def __init__(self) -> None:
        self._landmarker, self._eyes = Landmarker(), EyeTracker()
        self._last: Last | None = None

    def windows(self, chunks: Iterable[pa.Table]) -> Iterator[FaceWindow]:
        """Landmarks, subsets, eyelids and confidence of each window of `data/faces` (columns `COLUMNS`)."""
        self._lose()
        for chunk in chunks:
            window = FaceWindow.empty(len(chunk))
            for k, row in enumerate(chunk.select(list(COLUMNS)).to_pylist()):
                self._follow(row, window, k)
            window.iris[:] = eye_frame(window.iris)
            window.landmarks68[:] = landmarks68(window.landmarks)
            window.keypoints15[:] = keypoints15(window.landmarks)
            yield window

    def _follow(self, row: dict[str, Any], window: FaceWindow, k: int) -> None:
        if not row["is_face"]:
            self._lose()
            return
        image = decode(row["image"]["bytes"])
        half = row["crop_size"] / 2
        crop = Roi(row["crop_x"] + half, row["crop_y"] + half, row["crop_size"])
        landmarks, confidence = self._locate(image, crop, row["track"])
        window.confidence[k] = confidence
        if confidence < MIN_CONFIDENCE:
            self._lose()
            return
        window.is_face[k] = True
        window.iris[k] = self._eyes(image, landmarks)
        window.texture[k] = mouth_texture(image, landmarks)
        window.landmarks[k] = crop.from_crop(landmarks, image.shape[0])
        self._last = Last(window.landmarks[k], row["track"])

    def _lose(self) -> None:
        self._last = None
        self._eyes.forget()

    def _locate(self, image: Image, crop: Roi, track: int) -> tuple[Array, float]:
        if self._last is not None and self._last.track == track:
            near = roi_of(self._last.landmarks).inside(crop, image.shape[0])
            landmarks, confidence = self._landmarker(image, near)
            if confidence >= MIN_CONFIDENCE:
                return landmarks, confidence
        self._eyes.forget()
        return self._landmarker(image, whole(image), passes=2)
