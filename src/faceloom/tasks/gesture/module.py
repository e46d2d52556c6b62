"""The gesture network as Lightning trains it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import lightning
import torch
from torch import Tensor
from torch.nn import functional

from faceloom.sequences.vocabulary import FIRST
from faceloom.tasks.gesture.network import GestureNetwork, shift

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Settings:
    """How to train; `params.yaml`, section train.gesture, says why each default is what it is."""

    seed: int = 7
    speech: Literal["token", "pitch"] = "pitch"
    context: Literal["state", "frames"] = "frames"
    autoregressive: bool = False
    embedding: int = 32
    hidden: int = 64
    dropout: float = 0.4
    value_loss: float = 10.0
    optimizer: Literal["rmsprop", "adam"] = "adam"
    learning_rate: float = 5e-3
    weight_decay: float = 0.1
    clip: float | None = 1.0
    batch_size: int = 16
    epochs: int = 30
    patience: int = 8
    decoding: Literal["greedy", "sample", "expected"] = "expected"
    temperature: float = 1.0


class GestureModule(lightning.LightningModule):
    """Losses, metrics and optimizer around the network.

    Args:
        network: The network.
        settings: How to train.
        au_values: Intensity of each AU token (au_tokens,), NaN for SOS and EOS.
    """

    known: Tensor

    def __init__(self, network: GestureNetwork, settings: Settings, au_values: Tensor) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.register_buffer("known", au_values[FIRST:].float(), persistent=False)
        self.save_hyperparameters(asdict(settings))

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss under teacher forcing."""
        loss = self._loss(self.network(batch["f0"], shift(batch["au"])), batch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch["f0"]))
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """The loss and the share of right tokens under teacher forcing."""
        logits = self.network(batch["f0"], shift(batch["au"]))
        hits = (logits.argmax(dim=-1) == batch["au"])[batch["mask"]].float().mean()
        self.log("val_loss", self._loss(logits, batch), on_epoch=True, batch_size=len(batch["f0"]), prog_bar=True)
        self.log("val_accuracy", hits, on_epoch=True, batch_size=len(batch["f0"]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """RMSprop as Keras has it (reference 1: smoothing 0.9), or AdamW."""
        s = self.settings
        if s.optimizer == "rmsprop":
            return torch.optim.RMSprop(
                self.parameters(), lr=s.learning_rate, alpha=0.9, eps=1e-7, weight_decay=s.weight_decay
            )
        return torch.optim.AdamW(self.parameters(), lr=s.learning_rate, weight_decay=s.weight_decay)

    def _loss(self, logits: Tensor, batch: Batch) -> Tensor:
        loss = masked_cross_entropy(logits, batch["au"], batch["mask"])
        if self.settings.value_loss:
            loss = loss + self.settings.value_loss * self._value_error(logits, batch)
        return loss

    def _value_error(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean squared error of the expected intensities: tells the heads that tokens are ordered."""
        mean = (logits[..., FIRST:].softmax(dim=-1) * self.known).sum(dim=-1)
        return functional.mse_loss(mean[batch["mask"]], batch["intensity"][batch["mask"]])


def masked_cross_entropy(logits: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean cross-entropy in nats over the frames of the mask and all units; 0 where the mask is empty.

    Args:
        logits: (N, T, units, au_tokens).
        target: Tokens (N, T, units).
        mask: (N, T).
    """
    if not mask.any():
        return logits.sum() * 0.0
    return functional.cross_entropy(logits[mask].flatten(0, 1), target[mask].flatten())
