"""The gesture network as Lightning trains it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

import lightning
import torch
from torch import Tensor
from torch.nn import functional

from faceloom.sequences.vocabulary import EOS, FIRST
from faceloom.tasks.gesture.network import GestureNetwork, shift

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Settings:
    """How to train; `params.yaml`, section train.gesture, says why each default is what it is."""

    seed: int = 7
    hidden: int = 128
    embedding: int = 128
    context: Literal["state", "frames"] = "frames"
    pitch: bool = True
    dropout: float = 0.0
    history_dropout: float = 0.0
    value_loss: float = 0.0
    optimizer: Literal["rmsprop", "adam"] = "rmsprop"
    weight_decay: float = 0.0
    learning_rate: float = 1e-3
    clip: float | None = None
    batch_size: int = 64
    epochs: int = 10
    patience: int = 3
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
        """Teacher forcing, with part of the history hidden where settings ask for it."""
        previous = forget(shift(batch["au"]), self.settings.history_dropout)
        loss = self._loss(self.network(batch["f0"], previous), batch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch["f0"]))
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """The loss with the history as it is in training, and the published accuracy under teacher forcing."""
        size = len(batch["f0"])
        forced = self.network(batch["f0"], shift(batch["au"]))
        hits = (forced.argmax(dim=-1) == batch["au"])[batch["mask"]].float().mean()
        hidden = self.settings.history_dropout
        logits = forced if not hidden else self.network(batch["f0"], torch.full_like(batch["au"], EOS))
        self.log("val_loss", self._loss(logits, batch), on_epoch=True, batch_size=size, prog_bar=True)
        self.log("val_accuracy", hits, on_epoch=True, batch_size=size)

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


def forget(previous: Tensor, probability: float) -> Tensor:
    """Replace the gestures before a frame by EOS, all units at once, frame by frame with a probability.

    A decoder that always sees the true last gesture learns to copy it and not to listen; free-running, it then copies
    its own mistakes (Bowman et al. 2016, Generating sentences from a continuous space, call this word dropout).
    """
    if not probability:
        return previous
    hidden = torch.rand(previous.shape[:2], device=previous.device) < probability
    return previous.masked_fill(hidden[..., None], EOS)
