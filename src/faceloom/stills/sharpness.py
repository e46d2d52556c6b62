"""Whether the splits of a data set are equally sharp, and making them so.

A network that learned from blurred pictures sees another world in sharp ones: its scores there say how the sets differ,
not how well it learned. Sharpness is judged from pixels alone, never from labels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.stills.faces import CHUNK

Floats = npt.NDArray[np.float64]
Pictures = npt.NDArray[np.uint8]

Sharpness = Literal["as_is", "match", "restore"]
"""What is done about splits of unequal sharpness: nothing; blur the sharper ones as the smoothest is; or then undo that
blur in all of them as far as it can be undone, for details that are faint are learned late."""

SAMPLE: Final = 2000
"""Pictures of a split that are looked at."""

UNEQUAL: Final = 1.5
"""Steps between neighbouring pixels that differ by this factor are worth a word."""

FAINT: Final = 0.1
"""Share of the sharp pictures' amplitude below which the smooth ones hold little but rounding."""

FACES: Final = (5.2, 3.45)
"""Power spectrum of sharp grey faces: 5.2 f^-3.45 grey levels squared at f cycles a pixel (fitted on FER2013)."""

NOISE: Final = 8 / 12
"""Variance of the noise in grey levels squared; rounding has 1/12, the rest keeps the ringing of faint details low."""


def step(images: Pictures) -> float:
    """Mean difference of horizontal neighbours, grey levels 0-255, of pictures (N, H, W)."""
    return float(np.abs(np.diff(images.astype(np.int16), axis=2)).mean())


def blurred(images: Pictures, sigma: float) -> Pictures:
    """Pictures (N, H, W) after a Gaussian of `sigma` pixels."""
    return np.stack([np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8) for image in images])


def sigma_between(sharp: Pictures, smooth: Pictures) -> float:
    """Sigma in pixels of the Gaussian that turns pictures like `sharp` into pictures like `smooth`, both (N, H, W).

    The ratio of their amplitude spectra falls as exp(-2 pi^2 sigma^2 f^2); contrast is a factor that does not matter.
    """
    ratio = amplitude(smooth) / amplitude(sharp)
    f2 = _radius(*ratio.shape) ** 2
    told = (ratio > FAINT) & (f2 > 0)
    told &= f2 <= f2[~told & (f2 > 0)].min(initial=np.inf)  # beyond the first faint ring comes the noise
    slope = np.polyfit(f2[told], np.log(ratio[told]), 1)[0]
    return round(float(np.sqrt(max(0.0, -slope / 2)) / np.pi), 2)


def amplitude(images: Pictures) -> Floats:
    """Mean amplitude spectrum (H, W) of pictures (N, H, W), without their edges and the noise of rounding."""
    window = np.outer(*(np.hanning(n) for n in images.shape[1:]))
    centred = images - images.mean(axis=(1, 2), keepdims=True)
    power = (np.abs(np.fft.fft2(centred * window)) ** 2).mean(axis=0)
    return np.asarray(np.sqrt(np.maximum(power - (window**2).sum() / 12, 1e-6)), np.float64)


def restored(images: Pictures, sigma: float) -> Pictures:
    """Pictures (N, H, W) that a Gaussian of `sigma` pixels had blurred, after Wiener's filter."""
    height, width = images.shape[1:]
    margins = ((0, 0), (height // 2, height // 2), (width // 2, width // 2))
    mirrored = np.pad(images.astype(np.float64), margins, mode="symmetric")
    f = np.maximum(_radius(*mirrored.shape[1:]), 1 / mirrored.shape[1])
    blur, power = np.exp(-2 * (np.pi * sigma * f) ** 2), FACES[0] * f ** -FACES[1]
    filtered = np.fft.ifft2(np.fft.fft2(mirrored) * blur * power / (blur**2 * power + NOISE)).real
    inner = filtered[:, height // 2 : height // 2 + height, width // 2 : width // 2 + width]
    return np.asarray(np.rint(inner.clip(0, 255)), np.uint8)


def _radius(height: int, width: int) -> Floats:
    """Cycles a pixel (H, W) of the discrete Fourier transform's terms."""
    return np.asarray(np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None]), np.float64)


def sample(dataset: Any, rows: npt.NDArray[np.intp]) -> Pictures:
    """Evenly spread pictures (N, H, W) of those rows of a packed file."""
    chosen = rows[:: max(1, len(rows) // SAMPLE)]
    return np.asarray(dataset[chosen], np.uint8)


def change_rows(dataset: Any, rows: npt.NDArray[np.intp], change: Callable[[Pictures], Pictures]) -> None:
    """Change the pictures of those rows of a packed file in place, a chunk at a time."""
    for start in range(0, len(rows), CHUNK):
        chosen = rows[start : start + CHUNK]
        dataset[chosen] = change(dataset[chosen])
