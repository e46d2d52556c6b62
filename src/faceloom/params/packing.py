"""Sections of the stages that write what training reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faceloom.params.section import Count, Fraction, Positive, Section

ReactUnit = Literal[
    "AU01", "AU02", "AU04", "AU06", "AU07", "AU09", "AU10", "AU12",
    "AU14", "AU15", "AU17", "AU23", "AU24", "AU25", "AU26",
]  # fmt: skip
"""`facs.REACT_AUS`, as a type."""


class PackGesture(Section):
    """Windows."""

    length: Count = 100
    overlap: Annotated[int, Field(ge=0)] = 20


class PackReaction(Section):
    """Dyads: faces, tokens, features, and which reactions are appropriate."""

    source: Literal["auto", "estimated", "truth"] = "auto"
    above_rest: tuple[ReactUnit, ...] = ("AU01", "AU02", "AU25", "AU26")
    present: Positive = 0.4
    features: tuple[str, ...] = ("facial", "head_pose", "mfcc", "cues", "recent")
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
    sharpness: Literal["as_is", "match", "restore"] = "as_is"


class StillsKeypoints(StillsFaces):
    """Faces with 15 points."""

    missing: Literal["drop", "mask"] = "drop"


class StillsClasses(StillsFaces):
    """Faces with an expression."""

    data: str = "data/posed"
    classes: Literal["five", "seven", "eight"] = "five"


class Stills(Section):
    """One section per task that learns from single faces."""

    action_units: StillsActionUnits = StillsActionUnits()
    keypoints: StillsKeypoints = StillsKeypoints()
    expression: StillsClasses = StillsClasses()
    emotion_cnn: StillsClasses = StillsClasses(classes="seven", margin=1.3)
