"""Sections of the stages that measure speech and faces and merge what they measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faceloom.params.section import Count, Fraction, Positive, Section


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
