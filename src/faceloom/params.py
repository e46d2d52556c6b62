"""params.yaml, typed and validated: one section per stage, only what changes results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from faceloom.errors import InputError

Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A section that knows all of its keys: a typo is an error, not a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Studio(Section):
    """Synthetic dyads and stills."""

    seed: int = 7
    dyads: Annotated[int, Field(ge=0)] = 20
    seconds: Positive = 10.0
    size: Annotated[int, Field(ge=96, le=1024)] = 256
    identities: Count = 600
    stills_per_identity: Count = 5


class Split(Section):
    """Shares of the groups (subjects, sessions or clips) that go to validation and test."""

    val: Fraction = 0.15
    test: Fraction = 0.15


class Catalog(Section):
    """Which recordings."""

    recordings: str = "data/recordings"
    layout: Literal["auto", "folder", "studio", "react"] = "auto"
    max_failed_fraction: Fraction = 0.2
    split: Split = Split()


class Decode(Section):
    """The common time grid and size."""

    long_side: Annotated[int, Field(ge=96, le=4096)] = 640
    gap: Positive = 0.2


class Faces(Section):
    """Detection, tracking and crops."""

    detector: Literal["cascade", "blazeface"] = "cascade"
    select: Literal["largest", "region", "all"] = "largest"
    region: tuple[Fraction, Fraction, Fraction, Fraction] | None = None
    min_size: Annotated[float, Field(gt=0, lt=1)] = 0.15
    margin: Annotated[float, Field(ge=0, le=2)] = 0.4
    smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.7


class Audio(Section):
    """Speech features."""

    n_mfcc: Annotated[int, Field(ge=15, le=64)] = 26
    window: Positive = 0.04
    voiced_share: Fraction = 0.5
    functionals_seconds: Annotated[float, Field(ge=1, le=600)] | None = 60.0


class Facial(Section):
    """Where action units come from."""

    source: Literal["auto", "estimator", "openface", "truth"] = "auto"
    relative_to_neutral: bool = False
    me_graphau: str | None = None
    resmasknet: str | None = None
    efficientnet_va: str | None = None


class Pose(Section):
    """Head pose, and VideoMAE where weights are given."""

    videomae: str | None = None
    window: Count = 5


class Align(Section):
    """The merged table."""

    csv: bool = False


class Tokenise(Section):
    """Quantisers and vocabularies."""

    au_step: Positive = 0.2
    f0_step: Positive = 0.1
    f0_range: tuple[Positive, Positive] = (50.0, 550.0)


class PackGesture(Section):
    """Windows."""

    length: Count = 100
    overlap: Annotated[int, Field(ge=0)] = 20


class PackReaction(Section):
    """Dyads: faces, tokens, features, and which reactions are appropriate."""

    source: Literal["auto", "estimated", "truth"] = "auto"
    present: Positive = 1.0
    features: tuple[str, ...] = ("facial", "landmarks", "head_pose", "mfcc", "prosody", "functionals")
    expressions: Count = 128
    lists: str | None = None
    appropriateness: str | None = None
    alike: Fraction = 0.1
    published: str | None = None
    seed: int = 7


class Pack(Section):
    """What training reads."""

    gesture: PackGesture = PackGesture()
    reaction: PackReaction = PackReaction()


class StillsActionUnits(Section):
    """Landmark features of the studio's stills."""

    data: str = "data/stills"
    test: Fraction = 0.15


class StillsFaces(Section):
    """A data set of single faces and how it is split."""

    data: str = "data/stills"
    split: Literal["auto", "reference"] = "auto"
    val: Fraction = 0.15
    test: Fraction = 0.15
    margin: Annotated[float, Field(ge=1, le=3)] = 1.7
    max_bad_fraction: Fraction = 0.2


class StillsKeypoints(StillsFaces):
    """Faces with 15 points."""

    missing: Literal["drop", "mask"] = "drop"


class StillsClasses(StillsFaces):
    """Faces with an expression."""

    classes: Literal["five", "seven", "eight"] = "five"


class Stills(Section):
    """One section per task that learns from single faces."""

    action_units: StillsActionUnits = StillsActionUnits()
    keypoints: StillsKeypoints = StillsKeypoints()
    expression: StillsClasses = StillsClasses()
    emotion_cnn: StillsClasses = StillsClasses(classes="seven")


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


class TrainReaction(Section):
    """The unified transformer of a listener's reactions."""

    seed: int = 7
    stage: Literal["pretrain", "finetune"] = "pretrain"
    start: str | None = None
    width: Count = 64
    layers: Count = 2
    heads: Count = 4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    attention_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    frames: Annotated[int, Field(ge=2)] = 100
    meaning: bool = True
    positions: Annotated[float, Field(ge=0)] = 0.2
    chunks: Annotated[tuple[Count, ...], Field(min_length=1)] = (1, 5)
    swap: Fraction = 0.2
    learning_rate: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Count = 20
    schedule: Literal["constant", "cosine"] = "cosine"
    clip: Positive | None = 10.0
    batch_size: Count = 6
    accumulate: Count = 1
    batches: Count = 20
    epochs: Count = 8
    patience: Count = 3
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    checkpointing: bool = False
    threads: Count = 2
    online: str = "online-frame"
    offline: str = "offline-8steps"


class Train(Section):
    """One section per task."""

    action_units: TrainActionUnits = TrainActionUnits()
    gesture: TrainGesture = TrainGesture()
    keypoints: TrainPictures = TrainPictures()
    expression: TrainClasses = TrainClasses(learning_rate=2e-3, batch_size=32, epochs=40, patience=40)
    emotion_cnn: TrainClasses = TrainClasses(width=32, epochs=15, patience=15)
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


class Report(Section):
    """What the page shows."""

    clips: Annotated[int, Field(ge=0)] = 3
    seconds: Positive = 6.0


class Params(Section):
    """Everything in params.yaml."""

    studio: Studio = Studio()
    catalog: Catalog = Catalog()
    decode: Decode = Decode()
    faces: Faces = Faces()
    audio: Audio = Audio()
    facial: Facial = Facial()
    pose: Pose = Pose()
    align: Align = Align()
    tokenise: Tokenise = Tokenise()
    pack: Pack = Pack()
    stills: Stills = Stills()
    train: Train = Train()
    finetune: Finetune = Finetune()
    report: Report = Report()


def parse(data: dict[str, Any], name: str = "params.yaml") -> Params:
    """Validate a mapping; raises InputError with the first offending key, its value and what is allowed."""
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InputError(f"{name}: unknown key `{key}`; remove it or correct its spelling.") from None
        raise InputError(
            f"{name}: `{key}` is {first['input']!r}; {first['msg'][0].lower()}{first['msg'][1:]}."
        ) from None


def overlay(base: Params, changes: dict[str, Any], name: str) -> Params:
    """`base` with the keys of a preset replaced; raises InputError as `parse` does."""
    return parse(_merge(base.model_dump(), changes), name)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    nested = {key: _merge(base[key], value) for key, value in changes.items() if isinstance(base.get(key), dict)}
    return base | changes | nested


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and validate a params file; raises InputError for a missing file, bad YAML, or a bad key or value."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the project's root, where params.yaml lies.") from None
    except yaml.YAMLError as error:
        raise InputError(
            f"{path}: not valid YAML ({str(error).splitlines()[-1].strip()}); correct that line."
        ) from None
    return parse(data, path.name)
