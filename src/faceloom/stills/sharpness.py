"""Whether the splits of a data set are equally sharp, and making them so.

A network that learned from blurred pictures sees another world in sharp ones: its scores there say how the sets differ,
not how well it learned. Sharpness is judged from pixels alone, never from labels.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.stills.faces import CHUNK

Pictures = npt.NDArray[np.uint8]

SAMPLE: Final = 2000
"""Pictures of a split that are looked at."""

UNEQUAL: Final = 1.5
"""Steps between neighbouring pixels that differ by this factor are worth a word."""

LARGEST_SIGMA: Final = 8.0
"""Pixels."""


def step(images: Pictures) -> float:
    """Mean difference of horizontal neighbours, grey levels 0-255, of pictures (N, H, W)."""
    return float(np.abs(np.diff(images.astype(np.int16), axis=2)).mean())


def blurred(images: Pictures, sigma: float) -> Pictures:
    """Pictures (N, H, W) after a Gaussian of `sigma` pixels."""
    return np.stack([np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8) for image in images])


def sigma_for(images: Pictures, target: float) -> float:
    """Sigma in pixels of the Gaussian that leaves pictures (N, H, W) a mean step of `target`, to a hundredth."""
    low, high = 0.0, LARGEST_SIGMA
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if step(blurred(images, middle)) > target else (low, middle)
    return round((low + high) / 2, 2)


def sample(dataset: Any, rows: npt.NDArray[np.intp]) -> Pictures:
    """Evenly spread pictures (N, H, W) of those rows of a packed file."""
    chosen = rows[:: max(1, len(rows) // SAMPLE)]
    return np.asarray(dataset[chosen], np.uint8)


def blur_rows(dataset: Any, rows: npt.NDArray[np.intp], sigma: float) -> None:
    """Blur those rows of a packed file in place, a chunk at a time."""
    for start in range(0, len(rows), CHUNK):
        chosen = rows[start : start + CHUNK]
        dataset[chosen] = blurred(dataset[chosen], sigma)
