"""Melody and loudness of clean speech on the 25 fps grid: what the synthetic face follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from faceloom.studio.motion import FPS

Floats = npt.NDArray[np.float32]

LOWEST, HIGHEST = 60.0, 450.0
WINDOW: Final = 0.05
VOICED: Final = 0.5
"""Normalised autocorrelation from which a frame is voiced."""


@dataclass(frozen=True)
class Melody:
    """Per frame of the grid."""

    f0: Floats
    """(t,) Hz, 0 where unvoiced."""
    pitch: Floats
    """(t,) standardised log F0, carried over short unvoiced stretches, smoothed; 0 in silence."""
    loudness: Floats
    """(t,) 0-1 of the loudest frame, square root of the RMS."""


def melody(samples: Floats, rate: int, frames: int) -> Melody:
    """Melody of a mono signal (s,); frame k is centred on k/25 s."""
    half = int(WINDOW * rate / 2)
    padded = np.pad(samples, (half, half + rate))
    starts = np.rint(np.arange(frames) * rate / FPS).astype(int)
    windows = np.stack([padded[start : start + 2 * half] for start in starts])
    f0 = _pitch(windows - windows.mean(1, keepdims=True), rate)
    loudness = np.sqrt(np.sqrt((windows**2).mean(1)))
    loudness = loudness / max(float(loudness.max()), 1e-6)
    return Melody(f0, _standardise(f0), loudness.astype(np.float32))


def _pitch(windows: Floats, rate: int) -> Floats:
    """F0 by the highest peak of the normalised autocorrelation; 0 where there is none."""
    size = 1 << int(np.ceil(np.log2(2 * windows.shape[1])))
    tapered = windows * np.hanning(windows.shape[1])
    correlation = np.fft.irfft(np.abs(np.fft.rfft(tapered, size)) ** 2, size)
    taper = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(windows.shape[1]), size)) ** 2, size)
    first, last = int(rate / HIGHEST), int(rate / LOWEST)
    energy = correlation[:, :1]
    normal = correlation[:, first:last] / np.maximum(energy, 1e-9) / np.maximum(taper[first:last] / taper[0], 0.05)
    normal -= np.linspace(
        0, 0.1, last - first
    )  # prefer the octave above: equal peaks repeat at multiples of the period
    best = normal.argmax(1)
    loud = energy[:, 0] > 1e-3 * energy.max()
    voiced = loud & (normal.max(1) > VOICED)
    return np.where(voiced, rate / (best + first), 0).astype(np.float32)


def _standardise(f0: Floats) -> Floats:
    voiced = f0 > 0
    if voiced.sum() < 3:
        return np.zeros_like(f0)
    log = np.log(np.where(voiced, f0, 1.0))
    normal = (log - np.median(log[voiced])) / max(float(log[voiced].std()), 0.05)
    near = gaussian_filter1d(voiced.astype(float), 2.0)
    carried = gaussian_filter1d(np.where(voiced, np.clip(normal, -2.5, 2.5), 0), 1.5) / np.maximum(
        gaussian_filter1d(voiced.astype(float), 1.5), 0.15
    )
    return np.asarray(np.clip(carried, -2.5, 2.5) * np.clip(near * 2, 0, 1), np.float32)
