"""Faces for tests: one real (in scikit-image's wheel), and a solid that can be turned exactly."""

from __future__ import annotations

import cv2
import numpy as np
import pyarrow as pa
from skimage import data

from faceloom.features.head_pose import OUTER_EYES, RIGID, rotation_of
from faceloom.features.landmarks import CROP
from faceloom.store import images

ASTRONAUT = (170, 45, 110)
"""x, y and side of a square around the astronaut's face, pixels."""


def astronaut() -> np.ndarray:
    """A real face as a crop of (128, 128, 3) RGB."""
    x, y, side = ASTRONAUT
    return cv2.resize(data.astronaut()[y : y + side, x : x + side], (CROP, CROP), interpolation=cv2.INTER_CUBIC)


def jpeg(image: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def faces_table(crops: list[np.ndarray | None], first: int = 0) -> pa.Table:
    """Rows of data/faces: each crop lies at (100, 50) in the picture with a side of 256 pixels."""
    seen = [crop is not None for crop in crops]
    encoded = [jpeg(np.zeros((CROP, CROP, 3), np.uint8) if crop is None else crop) for crop in crops]
    where = {"crop_x": 100.0, "crop_y": 50.0, "crop_size": 256.0}
    return pa.table(
        {
            "frame": pa.array(range(first, first + len(crops)), pa.int32()),
            "is_face": seen,
            "track": pa.array([0 if face else -1 for face in seen], pa.int16()),
            **{name: pa.array([v if face else np.nan for face in seen], pa.float32()) for name, v in where.items()},
            "image": images(encoded),
        }
    )


def solid(rng: np.random.Generator) -> np.ndarray:
    """A template (468, 3): random points with the properties of `template_of`."""
    points = rng.normal(size=(468, 3))
    points -= points[list(RIGID)].mean(axis=0)
    return (points / np.linalg.norm(points[OUTER_EYES[1]] - points[OUTER_EYES[0]])).astype(np.float32)


def photographed(template: np.ndarray, angles: np.ndarray, scale: float = 80.0, shift: float = 120.0) -> np.ndarray:
    """Landmarks (n, 468, 3) in image axes of the template turned to angles (n, 3)."""
    turned = np.einsum("nij,kj->nki", rotation_of(angles), template) * scale
    return (turned * [1, -1, -1] + [shift, shift, 0]).astype(np.float32)
