"""From one still to what the networks see of it: the worker's side of packing."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from faceloom.features.iris import IrisNetwork
from faceloom.features.landmarks import CROP, Landmarker, Roi, decode, whole
from faceloom.features.mouth_texture import mouth_texture
from faceloom.tasks.action_units.data import BATCH, Array, truth

MARGIN = 1.7
"""Side of a crop over the box of the 68 landmarks: what `data/faces` has around a face on average."""

JITTER = (0.08, 0.04)
"""Deviations of the side (relative) and the centre (of the side), as crops of detected faces have them."""

MIN_CONFIDENCE = 0.5

_networks: list[tuple[Landmarker, IrisNetwork]] = []


def start() -> None:
    """Load the networks, once per worker."""
    cv2.setNumThreads(1)
    _networks[:] = [(Landmarker(), IrisNetwork())]


def read_batch(batch: tuple[str, int]) -> dict[str, npt.NDArray[Any]]:
    """Landmarks, eyelids and truth of the stills of one batch in which a face was found."""
    path, first = batch
    table = pq.read_table(path).slice(first, BATCH)
    labels = truth(table)
    rng = np.random.default_rng(int(labels["identity"][0]) * 1_000_003 + first)
    seen = [
        _see(image["bytes"], points, rng)
        for image, points in zip(table["image"].to_pylist(), labels["landmarks68"], strict=True)
    ]
    *inputs, confidence = (np.stack(values) for values in zip(*seen, strict=True))
    arrays = {**dict(zip(("landmarks", "iris", "texture"), inputs, strict=True)), **labels}
    found = confidence >= MIN_CONFIDENCE
    return {name: values[found] for name, values in arrays.items()}


def face_roi(landmarks68: Array, rng: np.random.Generator) -> Roi:
    """Where a face detector's crop would lie around these landmarks."""
    low, high = landmarks68.min(axis=0), landmarks68.max(axis=0)
    side = float((high - low).max()) * MARGIN * float(np.exp(rng.normal(0, JITTER[0])))
    x, y = (low + high) / 2 + rng.normal(0, JITTER[1], 2) * side
    return Roi(float(x), float(y), side)


def _see(encoded: bytes, points: Array, rng: np.random.Generator) -> tuple[Array, Array, Array, float]:
    """Landmarks in the still's pixels, eyelids, mouth and confidence, seen through a crop as clips are."""
    landmarker, iris = _networks[0]
    image = decode(encoded)
    roi = face_roi(points, rng)
    # resampled by area from its own size, as crops of faces larger than the crop are
    large = roi.cut(image, max(CROP, round(roi.side)))
    crop = np.asarray(cv2.resize(large, (CROP, CROP), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    landmarks, confidence = landmarker(crop, whole(crop), passes=2)
    return roi.from_crop(landmarks, CROP), iris(crop, landmarks), mouth_texture(crop, landmarks), confidence
