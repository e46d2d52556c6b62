"""Sections of the stages that train."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from faceloom.params.pictures import TrainClasses, TrainEmotion, TrainPictures
from faceloom.params.section import Count, Fraction, Positive, Section


class TrainActionUnits(Section):
    """Ridge on landmark features."""

    alpha: Positive = 500.0


class TrainGesture(Section):
    """The sequence-to-sequence LSTM of speech to gestures."""

    seed: int = 7
    speech: Literal["token", "pitch"] = "pitch"
    context: Literal["state", "frames"] = "frames"
    autoregressive: bool = False
    embedding: Count = 32
    hidden: Count = 64
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.4
    value_loss: Annotated[float, Field(ge=0)] = 10.0
    optimizer: Literal["rmsprop", "adam"] = "adam"
    learning_rate: Positive = 5e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    clip: Positive | None = 1.0
    batch_size: Count = 16
    epochs: Count = 30
    patience: Count = 8
    decoding: Literal["greedy", "sample", "expected"] = "expected"
    temperature: Positive = 1.0


class MatchingFirst(Section):
    """What a first training that learns matching alone does in another way."""

    learning_rate: Positive = 5e-3
    weight_decay: Annotated[float, Field(ge=0)] = 2.0
    batch_size: Count = 32
    epochs: Count = 8


class TrainReaction(Section):
    """The unified transformer of a listener's reactions."""

    seed: int = 7
    stage: Literal["pretrain", "finetune"] = "pretrain"
    start: str | None = None
    width: Count = 64
    layers: Count = 2
    heads: Count = 2
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    attention_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    noise: Annotated[float, Field(ge=0)] = 0.7
    frames: Annotated[int, Field(ge=2)] = 50
    matching: tuple[str, ...] = ("cues",)
    matching_frames: Annotated[int, Field(ge=0)] = 100
    matching_every: Count = 10
    matching_first: MatchingFirst | None = MatchingFirst()
    meaning: bool = True
    positions: Annotated[float, Field(ge=0)] = 0.2
    shortcut: bool = True
    chunks: Annotated[tuple[Count, ...], Field(min_length=1)] = (1, 5)
    swap: Fraction = 0.0
    forget: Fraction = 0.7
    value_loss: Annotated[float, Field(ge=0)] = 3.0
    learning_rate: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.1
    warmup: Count = 20
    schedule: Literal["constant", "cosine"] = "cosine"
    clip: Positive | None = 10.0
    batch_size: Count = 8
    accumulate: Count = 1
    batches: Count = 50
    epochs: Count = 7
    patience: Count = 3
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.98
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    checkpointing: bool = False
    threads: Count = 2
    online: str = "online-mean"
    offline: str = "offline-mean"

    @field_validator("matching_frames")
    @classmethod
    def _as_long_as_the_others(cls, value: int, known: ValidationInfo) -> int:
        """A stretch is cut for matching, and what the other objectives see is cut from it."""
        if 0 < value < (frames := known.data.get("frames", 0)):
            raise PydanticCustomError("too_short", f"it should be 0, for `frames`, or at least those {frames}")
        return value


class Train(Section):
    """One section per task."""

    action_units: TrainActionUnits = TrainActionUnits()
    gesture: TrainGesture = TrainGesture()
    keypoints: TrainPictures = TrainPictures(batch_size=32, epochs=3)
    expression: TrainClasses = TrainClasses(learning_rate=2e-3, batch_size=16, epochs=7, patience=12)
    emotion_cnn: TrainEmotion = TrainEmotion(width=32, batch_size=32, epochs=10, patience=10)
    reaction: TrainReaction = TrainReaction()


class FinetuneReaction(Section):
    """What the second stage does in another way than train.reaction."""

    learning_rate: Positive = 5e-4
    warmup: Count = 10
    batches: Count = 15
    epochs: Count = 3
    patience: Count = 3


class Finetune(Section):
    """One section per task that has a second stage."""

    reaction: FinetuneReaction = FinetuneReaction()
