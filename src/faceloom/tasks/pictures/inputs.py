"""Pictures as the networks take them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def as_input(images: NDArray[np.uint8], size: int) -> Tensor:
    """Grey faces (N, H, W) or (N, 1, H, W) as the networks take them, scaled to `size` where they have another."""
    x = torch.from_numpy(np.ascontiguousarray(images.reshape(-1, *images.shape[-2:])))
    x = scaled(x)
    if x.shape[-2:] != (size, size):
        x = nn.functional.interpolate(x, (size, size), mode="bilinear", antialias=True)
    return x.contiguous(memory_format=torch.channels_last)


def scaled(images: Tensor) -> Tensor:
    """uint8 pictures (N, S, S) as the networks take them: (N, 1, S, S) in 0-1."""
    return images[:, None].float().div_(255)
