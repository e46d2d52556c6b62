"""The network as Lightning trains it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import lightning
import torch
from torch import Tensor

from faceloom.coefficients.network import CoefficientNetwork

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Settings:
    """How to train. Hidden size, layers and learning rate are the published ones.

    `frames`: the longest sequence; longer clips are cut, for the memory of a batch (a clip of the challenge has 751).
    """

    seed: int = 7
    hidden: int = 128
    layers: int = 2
    residual: bool = True
    learning_rate: float = 1e-4
    batch_size: int = 4
    frames: int = 1500
    epochs: int = 200
    patience: int = 10
    threads: int = 1


class CoefficientModule(lightning.LightningModule):
    """Mean squared error over the known frames, in units of each coefficient's deviation, and Adam."""

    def __init__(self, network: CoefficientNetwork, settings: Settings) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.save_hyperparameters(asdict(settings))

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of whole sequences."""
        return self._loss(batch, "train_loss")

    def validation_step(self, batch: Batch, _: int) -> None:
        """The loss."""
        self._loss(batch, "val_loss")

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam."""
        return torch.optim.Adam(self.parameters(), lr=self.settings.learning_rate)

    def _loss(self, batch: Batch, name: str) -> Tensor:
        error = self.network(batch["attributes"], batch["lengths"]) - batch["coefficients"]
        squares = (error / self.network.output_scale).square().mean(dim=-1) * batch["known"]
        count = batch["known"].sum().clamp(min=1)
        loss: Tensor = squares.sum() / count
        self.log(name, loss, on_step=False, on_epoch=True, batch_size=int(count))
        return loss
