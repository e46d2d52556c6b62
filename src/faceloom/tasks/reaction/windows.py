"""How far back each frame of an online reaction looks, and all frames at once where none waits for another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from faceloom.errors import InputError
from faceloom.tasks.reaction.network import Features, ReactionNetwork
from faceloom.tasks.reaction.sampling import Sampling

TOGETHER: Final = 800
"""Frames that go through the network together: memory is bounded by this, not by the clip."""


@dataclass(frozen=True)
class Window:
    """Where the look-back of each frame begins.

    Attributes:
        chunk: Frames generated at once.
        half: Frames between the starts of two caches.
    """

    chunk: int
    half: int

    @classmethod
    def of(cls, sampling: Sampling, frames: int) -> Window:
        """For a network of so many frames; raises InputError where two chunks do not fit."""
        chunks = min(sampling.window, frames) // (2 * sampling.chunk)
        if not chunks:
            raise InputError(
                f"sampling: chunks of {sampling.chunk} frames need a window of at least {2 * sampling.chunk}, and a "
                f"network that was trained on as many; this one knows {min(sampling.window, frames)}."
            )
        return cls(sampling.chunk, chunks * sampling.chunk)

    def start(self, frame: int) -> int:
        """First frame that a frame looks back on."""
        return max(0, frame // self.half - 1) * self.half

    def count(self, frames: int) -> int:
        """Windows of a clip: the first answers all its frames, each other one those of its second half."""
        return max(1, -(-frames // self.half) - 1)


def all_states(network: ReactionNetwork, features: Features, is_face: Tensor, window: Window) -> Iterator[Tensor]:
    """Hidden states of a listener who does not know their own past, each as if the future had not happened.

    They are those of `ReactionNetwork.step` with every cache that `online` would keep: whole windows go through the
    network under the causal mask.

    Args:
        network: In evaluation mode.
        features: The speaker's (T, size) by stream name.
        is_face: (T,).
        window: Of the sampling.

    Yields:
        (1, n, 3, width) of the next n frames.
    """
    frames, done = len(is_face), 0
    for at in _together(window, frames, is_face.device):
        unknown = network.listener.unknown.expand(*at.shape, -1)
        states = network.online({name: x[at] for name, x in features.items()}, is_face[at], unknown, window.chunk)
        new = states[:, window.half :].flatten(0, 1)
        new = torch.cat([states[0, : window.half], new]) if not done else new
        yield new[None]
        done += len(new)


def _together(window: Window, frames: int, device: torch.device) -> Iterator[Tensor]:
    """Frames (windows, length) that go through the network together; the last window may be shorter than the others."""
    starts = torch.arange(window.count(frames), device=device) * window.half
    length = torch.arange(2 * window.half, device=device)
    several = max(1, TOGETHER // len(length))
    for first in range(0, len(starts) - 1, several):
        yield starts[:-1][first : first + several, None] + length
    yield torch.arange(int(starts[-1]), frames, device=device)[None]
