"""How the networks on single faces train."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faceloom.params.section import Count, Fraction, Positive, Section


class Augment(Section):
    """Random changes of training pictures; 0 and false switch one off."""

    rotation: Annotated[float, Field(ge=0, le=180)] = 15.0
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.1
    shear: Annotated[float, Field(ge=0, lt=1)] = 0.1
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.1
    horizontal_flip: bool = True
    vertical_flip: bool = False
    brightness: Annotated[float, Field(ge=0, lt=1)] = 0.2
    fill: Literal["edge", "black"] = "edge"


class TrainPictures(Section):
    """What the networks on single faces have in common."""

    seed: int = 7
    width: Count = 64
    learning_rate: Positive = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    schedule: Literal["constant", "plateau", "cosine", "one_cycle"] = "one_cycle"
    batch_size: Count = 64
    epochs: Count = 8
    validate_every: Count | None = None
    patience: Count = 12
    monitor: Literal["val_loss", "val_error"] = "val_loss"
    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    precision: Literal["auto", "32-true"] = "auto"
    flip_average: bool = True
    summaries: Count | None = None
    augment: Augment = Augment()


class TrainClasses(TrainPictures):
    """Classifiers of single faces."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    mixup: Annotated[float, Field(ge=0)] = 0.0
    balance: Fraction = 0.5
    balance_by: Literal["sampling", "loss"] = "sampling"
    penalty: Annotated[float, Field(ge=0)] = 0.0
    small: Fraction = 0.0


class TrainEmotion(TrainClasses):
    """The network of reference 3."""

    standardise: bool = True
