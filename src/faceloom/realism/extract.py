"""From poses of the head to Inception features, a batch at a time; a pose that was seen before costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from faceloom.realism.inception import Inception

BATCH: Final = 16
"""Pictures at once: 300 MB of activations."""
KEPT: Final = 16_384
"""Poses whose features are remembered: 128 MB. Present or absent units give the same poses again and again."""

Floats = NDArray[np.float64]
Features = NDArray[np.float32]


@dataclass
class Extractor:
    """Features of poses.

    Args:
        draw: Pictures (n, side, side, 3) of poses (n, d).
        network: Features (n, width) of pictures (n, 3, side, side), -1 to 1, on `device`.
        device: Of torch.
    """

    draw: Callable[[Floats], NDArray[np.uint8]]
    network: Inception
    device: str = "cpu"
    known: dict[bytes, Features] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, poses: Floats) -> Features:
        """Features (n, width) of poses (n, d)."""
        distinct, where = np.unique(poses, axis=0, return_inverse=True)
        keys = [pose.tobytes() for pose in distinct]
        found = {key: self.known[key] for key in keys if key in self.known}
        new = [k for k, key in enumerate(keys) if key not in found]
        found |= {keys[k]: features for k, features in zip(new, self._run(distinct[new]), strict=True)}
        self._remember(found)
        return np.stack([found[key] for key in keys])[where.reshape(-1)]

    def _remember(self, features: dict[bytes, Features]) -> None:
        self.known |= features
        for key in list(self.known)[: max(0, len(self.known) - KEPT)]:  # the oldest
            del self.known[key]

    def _run(self, poses: Floats) -> Iterator[Features]:
        for start in range(0, len(poses), BATCH):
            yield from self._features(self.draw(poses[start : start + BATCH]))

    @torch.inference_mode()
    def _features(self, pictures: NDArray[Any]) -> Features:
        values = torch.from_numpy(pictures).to(self.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        features: Features = self.network(values).cpu().numpy()
        return features
