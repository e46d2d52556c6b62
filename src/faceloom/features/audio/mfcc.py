"""MFCC on the 25 fps grid, by librosa's definition and to its numbers, without librosa's slow first call.

Definition: `librosa.feature.mfcc(y, sr=16000, n_mfcc, n_fft=window, hop_length=640)`, all else at its defaults:
windows centred on k/25 s with zeros beyond the ends, periodic Hann window, power spectrum, 128 Slaney mel bands,
decibels floored at 80 below the recording's peak, orthonormal DCT-II.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, rfft
from scipy.signal import get_window

from faceloom.features.audio.blocks import recut

SAMPLE_RATE: Final = 16_000

HOP: Final = 640
"""Samples a frame: 16 kHz / 25 fps."""

N_MELS: Final = 128
BLOCK: Final = 256
"""Frames worked on at once, whatever lengths the samples come in: BLAS rounds by the shape of its matrices."""
TOP_DB: Final = 80.0
FLOOR: Final = 1e-10

Floats = NDArray[np.float32]


def mfcc(blocks: Iterable[Floats], n_frames: int, n_mfcc: int, window: int) -> Floats:
    """Cepstral coefficients per frame.

    Args:
        blocks: 16 kHz mono samples in order, -1 to 1, in blocks of any length.
        n_frames: Frames of the grid; missing samples at the end count as silence.
        n_mfcc: Coefficients a frame.
        window: Samples a window, 640 for 40 ms.

    Returns:
        (n_frames, n_mfcc). Only the mel bands of the recording are held in memory (0.5 kB a frame), because the floor
        is relative to its peak.
    """
    mel = np.empty((n_frames, N_MELS), np.float32)
    row = 0
    for frames in _frames(blocks, n_frames, window):
        mel[row : row + len(frames)] = mel_power(frames)
        row += len(frames)
    decibels = 10 * np.log10(np.maximum(mel, FLOOR))
    np.maximum(decibels, decibels.max(initial=-np.inf) - TOP_DB, out=decibels)
    return np.asarray(dct(decibels, type=2, norm="ortho", axis=1)[:, :n_mfcc], np.float32)


def mel_power(frames: Floats) -> Floats:
    """Mel band powers (n, 128) of windows (n, samples) scaled to [-1, 1]."""
    samples = frames.shape[1]
    spectrum = rfft(frames * get_window("hann", samples).astype(np.float32), axis=1)
    return np.asarray((spectrum.real**2 + spectrum.imag**2) @ mel_filters(samples).T, np.float32)


@lru_cache(maxsize=4)
def mel_filters(samples: int) -> Floats:
    """Slaney's triangular filters (128, samples // 2 + 1), each of unit area (Auditory Toolbox, 1998)."""
    bins = np.fft.rfftfreq(samples, 1 / SAMPLE_RATE)
    edges = _hertz(np.linspace(0, _mel(np.array(SAMPLE_RATE / 2)), N_MELS + 2))
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(0, np.minimum(rise, fall)) * area[:, None], np.float32)


# Slaney's scale: linear below 1 kHz (15 mels), logarithmic above (27 mels for a factor of 6.4).
_LINEAR: Final = 200 / 3
_LOG_STEP: Final = float(np.log(6.4) / 27)


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(hertz < 1000, hertz / _LINEAR, 15 + np.log(np.maximum(hertz, 1000) / 1000) / _LOG_STEP)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * _LINEAR, 1000 * np.exp(_LOG_STEP * (mel - 15)))


def _frames(blocks: Iterable[Floats], n_frames: int, window: int) -> Iterator[Floats]:
    """Windows centred on the frames' instants, (n, window) at a time, with zeros beyond both ends."""
    left = np.zeros(window // 2, np.float32)
    done = 0
    for block in recut(_padded(blocks, n_frames * HOP + window), BLOCK * HOP):
        left = np.concatenate([left, block])
        ready = min((len(left) - window) // HOP + 1, n_frames - done)
        if ready > 0:
            yield np.lib.stride_tricks.sliding_window_view(left, window)[: ready * HOP : HOP]
            left = left[ready * HOP :]
            done += ready


def _padded(blocks: Iterable[Floats], samples: int) -> Iterator[Floats]:
    """The blocks, then silence up to a number of samples."""
    for block in blocks:
        samples -= len(block)
        yield block
    if samples > 0:
        yield np.zeros(samples, np.float32)
