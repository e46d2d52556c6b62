"""The loss of the class tasks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from faceloom.tasks.pictures.inputs import scaled
from faceloom.tasks.pictures.module import Batch, PictureModule
from faceloom.tasks.pictures.recipe import ClassRecipe

SMALL = 72
"""Side of the pictures of the first epochs; what the trunk makes of it still fills its last pooling window."""


class ClassifierModule(PictureModule):
    """Cross-entropy with label smoothing, mixup and class weights as the recipe asks.

    Args:
        network: To logits (N, classes).
        recipe: How to train.
        weights: Of each class in the training loss (classes,), mean 1.
    """

    recipe: ClassRecipe
    weights: Tensor

    def __init__(self, network: nn.Module, recipe: ClassRecipe, weights: Tensor) -> None:
        super().__init__(network, recipe)
        self.register_buffer("weights", weights, persistent=False)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The loss of an augmented batch."""
        x, _points = self.augmented(batch["image"], batch["points"])
        target = functional.one_hot(batch["label"], len(self.weights)).float()
        if self.recipe.mixup:
            x, target = mixed(x, target, self.recipe.mixup)
        logits = self.network(self._resized(x))
        loss = functional.cross_entropy(
            logits.float(), target, self.weights, label_smoothing=self.recipe.label_smoothing
        )
        if self.recipe.penalty:
            loss = loss + self.recipe.penalty * self._penalty()
        self._log(batch, train_loss=loss)
        return loss

    def validation_step(self, batch: Batch, _: int) -> None:
        """Plain cross-entropy (and the network's penalty, as the reference has it) and the share of wrong classes."""
        logits = self.kept(scaled(batch["image"])).float()
        loss = functional.cross_entropy(logits, batch["label"])
        if self.recipe.penalty:
            loss = loss + self.recipe.penalty * self._penalty()
        wrong = (logits.argmax(dim=1) != batch["label"]).float().mean()
        self._log(batch, val_loss=loss, val_error=wrong)

    def _resized(self, x: Tensor) -> Tensor:
        """Smaller pictures in the first epochs, if the recipe asks for them (progressive resizing)."""
        if self.current_epoch >= self.recipe.small * self.recipe.epochs:
            return x
        return functional.interpolate(x, (SMALL, SMALL), mode="bilinear", antialias=x.shape[-1] > SMALL)

    def _penalty(self) -> Tensor:
        penalty: Tensor = self.network.penalty()
        return penalty


def mixed(x: Tensor, target: Tensor, alpha: float) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al. 2018): each picture with another one of the batch, their targets alike.

    Args:
        x: (N, 1, S, S).
        target: Probabilities (N, classes).
        alpha: The share of the first is drawn from Beta(alpha, alpha), one a batch.
    """
    share = float(torch.distributions.Beta(alpha, alpha).sample())
    other = torch.randperm(len(x), device=x.device)
    return torch.lerp(x[other], x, share), torch.lerp(target[other], target, share)


def class_weights(counts: Tensor, power: float) -> Tensor:
    """(classes,) frequency to the power of minus `power`, scaled so that the mean over the faces is 1.

    A class without a face has weight 0.
    """
    weights = torch.where(counts > 0, counts.clamp(min=1).double() ** -power, 0.0)
    return (weights * counts.sum() / (weights * counts).sum()).float()
