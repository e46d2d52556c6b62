"""FRRea of reactions: each is shown on the head, and its frames are compared with those of the real reactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.features.weight_features import torch_device
from faceloom.metrics.reaction.baselines import Copies
from faceloom.metrics.reaction.checks import Rows
from faceloom.realism.extract import Extractor
from faceloom.realism.heads import Head, poses
from faceloom.realism.moments import Moments
from faceloom.realism.weights import load, weight_file
from faceloom.runtime import Runtime

WINDOW: Final = 256
"""Frames whose features are held at once."""


@dataclass(frozen=True)
class Rendering:
    """How reactions become features.

    Args:
        extract: Features of poses.
        stride: Every how many frames one is rendered, beginning with a reaction's first.
    """

    extract: Extractor
    stride: int

    @classmethod
    def open(cls, weights: str, stride: int) -> Self:
        """Load the weights `FILE[#sha256=...]` and the head.

        Raises:
            InputError: The weights are absent or those of another network, or the studio's head is not installed.
        """
        runtime = Runtime.load()
        torch.set_num_threads(runtime.workers)
        device = torch_device(runtime.device)
        network = load(weight_file(weights)).to(device)
        return cls(Extractor(Head().draw, network, device), stride)

    def frames(self, rows: Mapping[str, Rows], real: Rows) -> int:
        """How many `distances` will look at."""
        tables = [real, *(row for row in map(_once, rows.values()) if row is not real)]
        return sum(self._count(row) for row in tables)

    def distances(self, rows: Mapping[str, Rows], real: Rows, advance: Callable[[], object]) -> dict[str, float]:
        """FRRea of predictions (N, samples, T, 25) by name, against real reactions (N, T, 25).

        Memory is that of a window's features and of a few 2,048 by 2,048 matrices, however long the rows are.

        Args:
            rows: Predictions; samples that are copies of each other are rendered once.
            real: Real reactions.
            advance: Called for each frame.

        Raises:
            InputError: There are fewer than two frames to compare.
        """
        if self._count(real) < 2:
            raise InputError("FRRea: one frame of a single clip has no covariance; lower --frame-stride.")
        against = self._moments(real, advance)
        return {
            name: (against if row is real else self._moments(row, advance)).distance(against)
            for name, row in zip(rows, map(_once, rows.values()), strict=True)
        }

    def _count(self, rows: Rows) -> int:
        sequences = rows.shape[0] * (rows.shape[1] if len(rows.shape) == 4 else 1)
        return sequences * len(range(0, rows.shape[-2], self.stride))

    def _moments(self, rows: Rows, advance: Callable[[], object]) -> Moments:
        return reduce(Moments.merged, self._parts(rows, advance))

    def _parts(self, rows: Rows, advance: Callable[[], object]) -> Iterator[Moments]:
        for reactions in _clips(rows):
            shown = np.concatenate([poses(reaction, self.stride) for reaction in reactions])
            for start in range(0, len(shown), WINDOW):
                part = shown[start : start + WINDOW]
                yield Moments.of(self.extract(part))
                for _ in part:
                    advance()


def _once(rows: Rows) -> Rows:
    return rows.sequences if isinstance(rows, Copies) else rows


def _clips(rows: Rows) -> Iterator[NDArray[Any]]:
    """The reactions (n, T, 25) of each clip of a table with or without samples."""
    for k in range(rows.shape[0]):
        yield rows[k : k + 1].reshape(-1, *rows.shape[-2:])
