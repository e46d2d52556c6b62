"""How a network on pictures is trained; `params.yaml`, train.<task>, says why each default is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Recipe:
    """Settings that all picture tasks have.

    Attributes:
        seed: Of initial weights, order, augmentation and dropout.
        width: Channels of the network's first convolution.
        learning_rate: Adam's, or the highest of a schedule.
        weight_decay: Decoupled (AdamW).
        schedule: Of the learning rate: `constant`, `plateau` (reference 2), `cosine` or `one_cycle`.
        batch_size: Pictures a step.
        epochs: At most so many.
        validate_every: Steps of an epoch, in place of one pass through the data (reference 3: 100).
        patience: Epochs without a better `monitor` before the run stops.
        monitor: What early stopping, best weights and `plateau` go by; less is better.
        ema: Decay of the average of the weights that is validated and kept, or None for the weights themselves.
        precision: `auto` takes bfloat16 where the device is fast at it; `32-true` never does.
        flip_average: Predict the mean of a picture and its mirror image.
        summaries: Steps between TensorBoard's histograms of weights and losses, or None.
        augment: Fields of `stills.augment.Augmentation`.
    """

    seed: int
    width: int
    learning_rate: float
    weight_decay: float
    schedule: Literal["constant", "plateau", "cosine", "one_cycle"]
    batch_size: int
    epochs: int
    validate_every: int | None
    patience: int
    monitor: Literal["val_loss", "val_error"]
    ema: float | None
    precision: Literal["auto", "32-true"]
    flip_average: bool
    summaries: int | None
    augment: Mapping[str, Any]


@dataclass(frozen=True)
class ClassRecipe(Recipe):
    """What classifiers have beside.

    Attributes:
        label_smoothing: Share of a label that goes to all classes alike.
        mixup: Parameter of the Beta distribution that pictures are mixed by; 0 mixes none.
        balance: 0 takes classes as often as they occur, 1 each as often as the others, between them the power.
        balance_by: `sampling` draws rare classes more often, `loss` gives them weight.
        penalty: Weight of the network's own L2 term (reference 3).
        small: Share of the epochs, the first ones, that see pictures of 72 instead of 96 pixels: 1.8 times as many
            a second. For networks that enlarge their pictures.
    """

    label_smoothing: float
    mixup: float
    balance: float
    balance_by: Literal["sampling", "loss"]
    penalty: float
    small: float


@dataclass(frozen=True)
class EmotionRecipe(ClassRecipe):
    """What the network of reference 3 has beside.

    Attributes:
        standardise: Of its `NetworkConfig`.
    """

    standardise: bool
