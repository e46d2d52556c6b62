"""A trained classifier of faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from faceloom.tasks.pictures.folder import About
from faceloom.tasks.pictures.inputs import as_input

BATCH: Final = 256


@dataclass(frozen=True)
class ClassModel:
    """A trained classifier.

    Attributes:
        network: To logits, in evaluation mode.
        classes: Names, by index.
        size: Side of the pictures that it takes; others are scaled.
        about: Settings and data that it was trained with.
    """

    network: nn.Module
    classes: tuple[str, ...]
    size: int
    about: About

    def predict(self, images: NDArray[np.uint8], *, flip: bool | None = None) -> NDArray[np.float32]:
        """Probabilities (N, classes) of grey faces (N, H, W) or (N, 1, H, W).

        Args:
            images: Square crops.
            flip: Average with the mirror image; None does as the settings say.
        """
        flip = bool(self.about.settings["flip_average"]) if flip is None else flip
        parts = [self._batch(images[first : first + BATCH], flip) for first in range(0, len(images), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes)), np.float32)

    def _batch(self, images: NDArray[np.uint8], flip: bool) -> NDArray[np.float32]:
        x = as_input(images, self.size)
        with torch.inference_mode():
            p = self.network(x).softmax(dim=1)
            if flip:
                p = (p + self.network(x.flip(-1)).softmax(dim=1)) / 2
        return np.asarray(p.numpy())
