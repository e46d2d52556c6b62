"""What the action-unit estimator sees: distances on the aligned mesh, the eyelids, and the head's pose.

Plain geometry that a renderer and a camera agree on; pixels transferred worse from the studio to real faces.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.features.head_pose import Aligned, align, angles_of
from faceloom.features.iris import N_POINTS, aperture

Array = npt.NDArray[np.float32]
Pairs = tuple[tuple[int, int], ...]

LIDS: Final[Pairs] = ((159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373))
BROWS_TO_EYES: Final[Pairs] = (
    *((107, 133), (66, 159), (105, 159), (70, 33), (63, 33), (46, 33)),
    *((336, 362), (296, 386), (334, 386), (300, 263), (293, 263), (276, 263)),
)
BROWS: Final[Pairs] = ((107, 336), (55, 285), (9, 107), (9, 336), (107, 168), (336, 168), (105, 127), (334, 356))
MOUTH: Final[Pairs] = (
    *((61, 291), (78, 308), (13, 14), (0, 17), (0, 13), (14, 17), (82, 87), (312, 317), (37, 84), (267, 314)),
    *((61, 0), (291, 0), (61, 17), (291, 17), (61, 13), (291, 13), (61, 14), (291, 14), (39, 84), (269, 314)),
)
MOUTH_TO_FACE: Final[Pairs] = (
    *((61, 33), (291, 263), (61, 4), (291, 4), (61, 129), (291, 358), (0, 2), (0, 4), (17, 152), (17, 4)),
    *((13, 4), (14, 4), (61, 132), (291, 361), (61, 172), (291, 397), (18, 200), (17, 200)),
)
CHIN: Final[Pairs] = ((152, 4), (152, 168), (152, 10), (200, 152))
CHEEKS: Final[Pairs] = (
    *((205, 33), (425, 263), (205, 145), (425, 374), (50, 145), (280, 374)),
    *((117, 145), (346, 374), (36, 145), (266, 374)),
)
NOSE: Final[Pairs] = (
    *((129, 358), (48, 278), (129, 133), (358, 362), (98, 327), (64, 168), (294, 168), (2, 168)),
    *((122, 351), (193, 417), (189, 413)),
)
EYES: Final[Pairs] = ((33, 133), (263, 362))
PAIRS: Final[Pairs] = LIDS + EYES + BROWS_TO_EYES + BROWS + MOUTH + MOUTH_TO_FACE + CHIN + CHEEKS + NOSE

HEIGHTS: Final[Pairs] = ((13, 61), (13, 291), (14, 61), (14, 291), (17, 61), (17, 291))
"""How far the second point (a mouth corner) lies above the first (the middle of a lip)."""

DEPTHS: Final[Pairs] = ((17, 0), (13, 4), (14, 4), (152, 4))

FLOOR: Final = 0.02
"""Added to distances before the logarithm, in eye distances: lips that touch differ by noise only."""

POSES: Final = ("yaw", "pitch", "roll", "abs_yaw", "pitch_squared")
POSE_UNIT: Final = 30.0

NAMES: Final = (
    *(f"log_distance_{a}_{b}" for a, b in PAIRS),
    *(f"height_{a}_{b}" for a, b in HEIGHTS),
    *(f"depth_{a}_{b}" for a, b in DEPTHS),
    *(f"eye_{axis}_{k}" for k in range(N_POINTS) for axis in "xy"),
    *("aperture_mean", "aperture_min", "log_aperture"),
    *POSES,
)


def features(landmarks: Array, iris: Array, template: Array) -> Array:
    """Features (n, len(NAMES)) of landmarks (n, 468, 3) and eyes (n, 2, 76, 2); NaN rows stay NaN."""
    result = np.full((len(landmarks), len(NAMES)), np.nan, dtype=np.float32)
    seen = np.isfinite(landmarks).all(axis=(1, 2)) & np.isfinite(iris).all(axis=(1, 2, 3))
    if seen.any():
        aligned = align(landmarks[seen], template)
        result[seen] = np.concatenate([_mesh(aligned.points), _eyes(iris[seen]), _pose(aligned)], axis=1)
    return result


def _mesh(points: Array) -> Array:
    first, second = np.array(PAIRS).T
    distances = np.log(np.linalg.norm(points[:, first] - points[:, second], axis=2) + FLOOR)
    low, corner = np.array(HEIGHTS).T
    front, back = np.array(DEPTHS).T
    heights = points[:, corner, 1] - points[:, low, 1]
    return np.concatenate([distances, heights, points[:, front, 2] - points[:, back, 2]], axis=1)


def _eyes(iris: Array) -> Array:
    openings = aperture(iris)
    mean, least = openings.mean(axis=1, keepdims=True), openings.min(axis=1, keepdims=True)
    points = iris.mean(axis=1).reshape(len(iris), -1)
    return np.concatenate([points, mean, least, np.log(np.clip(mean, FLOOR, 1))], axis=1)


def _pose(aligned: Aligned) -> Array:
    angles = np.clip(angles_of(aligned.rotation) / POSE_UNIT, -2, 2)
    return np.concatenate([angles, np.abs(angles[:, :1]), angles[:, 1:2] ** 2], axis=1)
