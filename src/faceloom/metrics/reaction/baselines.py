"""The naive predictors that every table of the challenge has beside a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.metrics.reaction.checks import BLOCK, Rows

SAMPLES: Final = 10
"""Reactions that the challenge asks for each speaker."""


@dataclass(frozen=True)
class Copies:
    """Predictions that are `samples` times the same sequence, (N, samples, T, d) without the memory for it."""

    sequences: Rows
    samples: int = SAMPLES

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, samples, T, d)."""
        clips, *rest = self.sequences.shape
        return clips, self.samples, *rest

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """The predictions of these clips."""
        block = self.sequences[rows]
        return np.broadcast_to(block[:, None], (len(block), *self.shape[1:]))


@dataclass(frozen=True)
class Uniform:
    """Every number drawn from [0, 1), the same for one seed however the rows are read."""

    shape: tuple[int, ...]
    seed: int = 0

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """The predictions of these clips."""
        clips = range(*rows.indices(self.shape[0]))
        drawn = [np.random.default_rng((self.seed, k)).random(self.shape[1:], np.float32) for k in clips]
        return np.stack(drawn) if drawn else np.empty((0, *self.shape[1:]), np.float32)


def baselines(real: Rows, speaker: Rows, train_real: Rows, samples: int = SAMPLES, seed: int = 0) -> dict[str, Rows]:
    """The five naive rows, as predictions (N, samples, T, 25) that are made when read.

    Args:
        real: Real reactions (N, T, 25): `ground truth` copies them, so that FRCorr is at its best and FRDist 0.
        speaker: Speakers (N, T, 25): `mime` copies them.
        train_real: Reactions (M, T, 25) whose mean over clips is `mean sequence`, and over frames too `mean frame`.
        samples: Reactions for each speaker.
        seed: Of `random`, uniform in [0, 1) as published.
    """
    clips, frames, width = real.shape
    mean = _mean(train_real).astype(np.float32)
    sequence = np.broadcast_to(mean, (clips, frames, width))
    frame = np.broadcast_to(mean.mean(axis=0, dtype=np.float64).astype(np.float32), (clips, frames, width))
    return {
        "ground truth": Copies(real, samples),
        "random": Uniform((clips, samples, frames, width), seed),
        "mime": Copies(speaker, samples),
        "mean sequence": Copies(sequence, samples),
        "mean frame": Copies(frame, samples),
    }


def _mean(rows: Rows) -> NDArray[np.float64]:
    """Mean over clips (T, 25), read in blocks."""
    total = np.zeros(rows.shape[1:])
    for start in range(0, rows.shape[0], BLOCK):
        total += rows[start : start + BLOCK].sum(axis=0, dtype=np.float64)
    return total / rows.shape[0]
