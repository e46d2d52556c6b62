"""The loss of the keypoint network."""

from __future__ import annotations

import torch
from torch import Tensor

from faceloom.tasks.pictures.inputs import scaled
from faceloom.tasks.pictures.module import Batch, PictureModule


class KeypointModule(PictureModule):
    """Mean squared error in pixels over the points that are labelled."""

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of an augmented batch."""
        x, points = self.augmented(batch["image"], batch["points"])
        loss = masked_squared_error(self.network(x), points)
        self._log(batch, train_loss=loss)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """The loss, and its root beside it."""
        loss = masked_squared_error(self.kept(scaled(batch["image"])), batch["points"])
        self._log(batch, val_loss=loss, val_error=loss.sqrt())


def masked_squared_error(predicted: Tensor, points: Tensor) -> Tensor:
    """Mean squared error per coordinate; 0 where nothing is labelled.

    Args:
        predicted: (N, points, 2), pixels.
        points: (N, points, 2), NaN where not labelled.
    """
    known = points.isfinite()
    error = torch.where(known, predicted.float() - points.nan_to_num(0.0), 0.0)
    return error.square().sum() / known.sum().clamp(min=1)
