"""Sections of the stages that make, list and look at recordings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faceloom.params.section import Count, Fraction, Positive, Section


class Studio(Section):
    """Synthetic dyads, stills and posed expressions."""

    seed: int = 7
    dyads: Annotated[int, Field(ge=0)] = 40
    seconds: Positive = 10.0
    size: Annotated[int, Field(ge=96, le=1024)] = 256
    identities: Count = 600
    stills_per_identity: Count = 5
    posed_identities: Count = 400


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
