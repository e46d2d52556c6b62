"""What Lightning trains: a network on pictures, its average, its optimizer and its augmentation."""

from __future__ import annotations

import copy
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

from faceloom.stills.augment import Augmentation, augment
from faceloom.tasks.pictures.inputs import scaled
from faceloom.tasks.pictures.recipe import Recipe

Batch = dict[str, Tensor]

FACTOR, PLATEAU, FLOOR = 0.65, 5, 1e-8
"""Reference 2 multiplies the learning rate by this after so many epochs without a better loss, down to the floor."""

WARM_UP = 10
"""The average forgets the first steps: its decay after n of them is at most (1 + n) / (WARM_UP + n)."""


class PictureModule(lightning.LightningModule):
    """Base of the tasks' modules: they add the losses.

    Args:
        network: Takes pictures (N, 1, S, S), 0-1.
        recipe: How to train.
    """

    def __init__(self, network: nn.Module, recipe: Recipe) -> None:
        super().__init__()
        # convolutions are faster with channels last, in bfloat16 and without
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe = recipe
        self.augmentation = Augmentation(**recipe.augment)
        self.average = None if recipe.ema is None else AveragedModel(network, avg_fn=self._mix, use_buffers=True)

    @property
    def kept(self) -> nn.Module:
        """The network that is validated and saved."""
        return self.network if self.average is None else self.average.module

    def finished(self) -> nn.Module:
        """The kept network by itself, on the CPU."""
        return copy.deepcopy(self.kept).cpu().eval()

    def augmented(self, images: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """uint8 pictures (N, S, S) as the network takes them, moved and lit at random, and their points with them."""
        x, moved = augment(scaled(images), self.augmentation, points if points.shape[1] else None)
        return x, points if moved is None else moved

    def on_train_batch_end(self, *_: Any) -> None:
        """Lightning's hook: the average follows."""
        if self.average is not None:
            self.average.update_parameters(self.network)

    def configure_optimizers(self) -> Any:
        """Adam and the schedule."""
        r = self.recipe
        optimizer = torch.optim.AdamW(
            self.network.parameters(), r.learning_rate, weight_decay=r.weight_decay, fused=True
        )
        if r.schedule == "constant":
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": self._schedule(optimizer)}

    def _schedule(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        r = self.recipe
        if r.schedule == "plateau":
            plateau = lr_scheduler.ReduceLROnPlateau(optimizer, factor=FACTOR, patience=PLATEAU, min_lr=FLOOR)
            return {"scheduler": plateau, "monitor": r.monitor}
        steps = int(self.trainer.estimated_stepping_batches)
        if r.schedule == "cosine":
            return {"scheduler": lr_scheduler.CosineAnnealingLR(optimizer, steps), "interval": "step"}
        return {"scheduler": lr_scheduler.OneCycleLR(optimizer, r.learning_rate, steps), "interval": "step"}

    def _mix(self, average: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        if not average.is_floating_point():
            return new
        decay = min(self.recipe.ema or 0.0, (1 + float(count)) / (WARM_UP + float(count)))
        return torch.lerp(new, average, decay)

    def _log(self, batch: Batch, **values: Tensor) -> None:
        for name, value in values.items():
            self.log(name, value, on_step=False, on_epoch=True, batch_size=len(batch["image"]))
