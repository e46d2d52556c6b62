"""How tightly a data set crops its faces: a model must see other pictures as it saw those that it learnt from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Framing:
    """A square around a face, relative to the box of its 68 landmarks.

    Attributes:
        margin: Side of the square over the larger side of the box.
        down: Centre of the square below that of the box, over the same side.
        pixels: Side of the picture that it becomes.
    """

    margin: float = 1.7
    down: float = 0.0
    pixels: int = 96


FOUND: Final[Mapping[str, Framing]] = {
    "kaggle": Framing(1.45, 0.02),
    "fer": Framing(1.31, -0.10),
    "folder": Framing(1.31, -0.10),
}
"""Of data sets that come as crops: medians of what the landmark network finds in theirs (the spread is 0.1 to 0.2).

A folder's pictures may be anything; it has FER2013's, as most such folders are made from it or like it.
"""


def framing(source: str, pixels: int, margin: float) -> Framing:
    """Of a data set by the kind that it is (`Source.name`); `margin` is the studio's, which is cropped as asked."""
    return replace(FOUND.get(source, Framing(margin)), pixels=pixels)
