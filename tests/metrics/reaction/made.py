"""Reactions made up for tests: smooth, as tokens decode them, and drawn from noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

Array = NDArray[np.float32]


def smooth(rng: np.random.Generator, clips: int, frames: int) -> Array:
    """Action units that come and go (some never), slow valence and arousal, slow expression probabilities."""
    out = np.zeros((clips, frames, 25), np.float32)
    out[..., :15] = _slow(rng, clips, frames, 15, 10) + rng.normal(-0.8, 1.5, (clips, 1, 15)) > 0
    out[..., 15:17] = np.tanh(0.3 * _slow(rng, clips, frames, 2, 20) + rng.normal(0, 0.4, (clips, 1, 2)))
    expressions = np.exp(1.5 * _slow(rng, clips, frames, 8, 15) + rng.normal(0, 1.5, (clips, 1, 8)))
    out[..., 17:] = expressions / expressions.sum(axis=-1, keepdims=True)
    return out


def decoded(rng: np.random.Generator, clips: int, frames: int) -> Array:
    """As tokens decode them: stretches of one value, valence and arousal in cells, expressions from a few centres."""
    held = np.repeat(smooth(rng, clips, frames)[:, ::5], 5, axis=1)[:, :frames]
    held[..., 15:17] = (np.floor(held[..., 15:17] / 0.025) + 0.5) * 0.025
    held[..., 17:] = np.round(held[..., 17:] * 4) / 4
    return held


def noise(rng: np.random.Generator, clips: int, frames: int) -> Array:
    return rng.normal(size=(clips, frames, 25)).astype(np.float32)


def matrix(rng: np.random.Generator, clips: int, density: float = 0.4) -> NDArray[np.uint8]:
    """Symmetric with a unit diagonal; the last clip has itself alone."""
    upper = np.triu(rng.random((clips, clips)) < density)
    both = upper | upper.T
    both[-1], both[:, -1] = False, False
    np.fill_diagonal(both, True)
    return both.astype(np.uint8)


def _slow(rng: np.random.Generator, clips: int, frames: int, width: int, sigma: float) -> NDArray[np.float64]:
    values = gaussian_filter1d(rng.normal(size=(clips, frames, width)), sigma, axis=1)
    return values / values.std()
