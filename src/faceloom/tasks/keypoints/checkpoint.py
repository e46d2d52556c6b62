"""A trained keypoint model, read from its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from faceloom.stills.points import MIRRORED
from faceloom.tasks.keypoints.network import SIZE, KeypointNetwork, NetworkConfig
from faceloom.tasks.pictures import folder
from faceloom.tasks.pictures.inputs import as_input

BATCH: Final = 256


@dataclass(frozen=True)
class KeypointModel:
    """A trained keypoint network, in evaluation mode.

    Attributes:
        network: To points in pixels.
        classes: Names of the points.
        about: Settings and data that it was trained with.
    """

    network: nn.Module
    classes: tuple[str, ...]
    about: folder.About
    size: int = SIZE

    def predict(self, images: NDArray[np.uint8], *, flip: bool | None = None) -> NDArray[np.float32]:
        """Points (N, 15, 2), x and y in pixels of a picture of 96, of grey faces (N, H, W) or (N, 1, H, W).

        Args:
            images: Square crops; those of another size than 96 are scaled.
            flip: Average with the points of the mirror image; None does as the settings say.
        """
        flip = bool(self.about.settings["flip_average"]) if flip is None else flip
        parts = [self._batch(images[first : first + BATCH], flip) for first in range(0, len(images), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.classes), 2), np.float32)

    def _batch(self, images: NDArray[np.uint8], flip: bool) -> NDArray[np.float32]:
        x = as_input(images, SIZE)
        with torch.inference_mode():
            points: Tensor = self.network(x)
            if flip:
                points = (points + mirrored(self.network(x.flip(-1)))) / 2
        return np.asarray(points.numpy())


def mirrored(points: Tensor) -> Tensor:
    """Points (N, 15, 2) of mirrored pictures as points of the pictures: x from the other side, sides swapped."""
    swapped = points[:, list(MIRRORED)]
    return torch.stack([SIZE - 1 - swapped[..., 0], swapped[..., 1]], dim=-1)


def load(model_dir: Path) -> KeypointModel:
    """Read a model's folder, in evaluation mode on the CPU; raises InputError where it is absent or broken."""
    network, about = folder.load(model_dir, lambda **sizes: KeypointNetwork(NetworkConfig(**sizes)))
    return KeypointModel(network, about.classes, about)
