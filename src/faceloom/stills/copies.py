"""Reference 2's four altered copies of every face, made before the split: what its preset repeats.

They differ from training's own augmentation: fixed kinds, one each, and upside-down faces among them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from faceloom.stills.augment import Augmentation, draw, warp
from faceloom.stills.faces import Faces

BRIGHTER: Final = (1.5, 2.0)
"""Factors of the brighter copy."""

TURNED: Final = Augmentation(rotation=15.0, shift=0.0, shear=0.0, zoom=0.0)
STILL: Final = Augmentation(rotation=0.0, shift=0.0, shear=0.0, zoom=0.0)


class Copier:
    """Adds to each face its mirror image, a brighter copy, one upside down and one turned; draws from its own seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._calls = 0

    def __call__(self, chunk: Faces) -> Faces:
        """Five faces for each of a chunk: the chunk, then its copies kind by kind."""
        self._calls += 1
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._seed * 1_000_003 + self._calls)
            images = torch.from_numpy(chunk.images)[:, None].float() / 255
            made = _copies(images, torch.from_numpy(chunk.points))
        images, points = (torch.cat(parts) for parts in zip(*made, strict=True))
        repeat = len(made)
        return Faces(
            np.asarray((images[:, 0] * 255).round().byte().numpy(), np.uint8),
            points.numpy(),
            np.tile(chunk.labels, repeat),
            np.tile(chunk.person, repeat),
            np.tile(chunk.usage, repeat),
        )


def _copies(images: Tensor, points: Tensor) -> list[tuple[Tensor, Tensor]]:
    n, side = len(images), images.shape[-1]
    low, high = BRIGHTER
    bright = (images * (low + (high - low) * torch.rand(n, 1, 1, 1))).clamp(0, 1)
    straight = draw(n, side, STILL, images.device)
    turned = draw(n, side, TURNED, images.device)
    return [
        (images, points),
        _warped(images, points, straight, (True, False), STILL),
        (bright, points),
        _warped(images, points, straight, (False, True), STILL),
        _warped(images, points, turned, (False, False), TURNED),
    ]


def _warped(
    images: Tensor, points: Tensor, change: Tensor, flips: tuple[bool, bool], settings: Augmentation
) -> tuple[Tensor, Tensor]:
    moved, there = warp(images, points, change, torch.tensor([flips]).repeat(len(images), 1), settings)
    return moved, points if there is None else there
