"""Words and bars beside a face: number and emotion, a probability for each class, the strongest action units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import cv2

from faceloom.facs import AU_COLUMNS
from faceloom.prediction.lettering import Colour, Image, darken, line_height, width, write

Row = Mapping[str, Any]
Box = tuple[float, float, float, float]

LETTERS: Final = (13, 40)
"""Smallest and largest height of letters, pixels."""
TALLEST: Final = 1.8
"""Height of a panel over that of its face; a smaller face has a heading alone."""
UNITS: Final = 3
"""Action units named beside a face, the strongest."""
GAP: Final = 4
"""Pixels between a face and its panel."""
WHITE: Final[Colour] = (255, 255, 255)
GROOVE: Final[Colour] = (96, 104, 118)
"""Of a bar's empty part."""


class Room(NamedTuple):
    """Where panels may lie: width and height of the picture, and the faces that they must not hide."""

    wide: int
    tall: int
    boxes: Sequence[Box]

    @classmethod
    def of(cls, canvas: Image, boxes: Sequence[Box]) -> Self:
        """A picture and the faces in it."""
        return cls(canvas.shape[1], canvas.shape[0], boxes)

    def is_free(self, left: int, top: int, wide: int, tall: int) -> bool:
        """Whether a rectangle lies inside, and on no face."""
        inside = left >= 0 and left + wide <= self.wide and top >= 0 and top + tall <= self.tall
        return inside and not any(
            left < x + w and x < left + wide and top < y + h and y < top + tall for x, y, w, h in self.boxes
        )


@dataclass(frozen=True)
class Panel:
    """What is said about one face.

    Attributes:
        box: Of the face, pixels of the drawn picture.
        title: First line, in the face's colour.
        bars: Words and probabilities.
        units: Further lines.
        letters: Height, pixels.
        colour: Of the face.
    """

    box: Box
    title: str
    bars: list[tuple[str, float]]
    units: list[str]
    letters: int
    colour: Colour

    @property
    def pad(self) -> int:
        """Pixels around the words."""
        return max(3, self.letters // 4)

    @property
    def names(self) -> int:
        """Pixels of the longest word before a bar."""
        return max((width(word, self.letters) for word, _ in self.bars), default=0)

    @property
    def bar(self) -> int:
        """Pixels of a whole bar."""
        return self.letters * 4 if self.bars else 0

    @property
    def wide(self) -> int:
        """Of the whole."""
        lines = (width(text, self.letters) for text in (self.title, *self.units))
        return max(self.names + self.pad + self.bar, *lines) + 2 * self.pad

    @property
    def tall(self) -> int:
        """Of the whole."""
        return line_height(self.letters) * (1 + len(self.bars) + len(self.units)) + self.pad

    def place(self, room: Room) -> tuple[int, int] | None:
        """Upper left corner, right or left of the face; None for a heading, and where there is no place."""
        if not self.bars and not self.units:
            return None
        x, y, w, _ = (round(value) for value in self.box)
        top = min(max(0, y), max(0, room.tall - self.tall))
        sides = (x + w + GAP, x - GAP - self.wide)
        return next(((left, top) for left in sides if room.is_free(left, top, self.wide, self.tall)), None)

    def lacks(self, room: Room) -> int:
        """By how much (even) a picture must be wider for this panel to have a place; 0 where that is no help."""
        end = round(self.box[0]) + round(self.box[2]) + GAP + self.wide
        wider = max(room.wide, end + end % 2)
        return 0 if self.place(room) or not self.place(room._replace(wide=wider)) else wider - room.wide

    def above(self, room: Room) -> tuple[int, int]:
        """Upper left corner over the face, or at its top where the picture ends."""
        x, y = round(self.box[0]), round(self.box[1])
        left = min(max(0, x), max(0, room.wide - self.wide))
        return left, max(0, min(y - self.tall - 2, room.tall - self.tall))

    def draw(self, canvas: Image, corner: tuple[int, int]) -> None:
        """Onto a picture."""
        (left, top), step, pad = corner, line_height(self.letters), self.pad
        darken(canvas, left, top, self.wide, self.tall)
        write(canvas, self.title, left + pad, top, self.letters, self.colour)
        for k, (word, p) in enumerate(self.bars, 1):
            write(canvas, word, left + pad, top + k * step, self.letters, WHITE)
            begin, middle = left + 2 * pad + self.names, top + k * step + step // 2
            half = max(1, self.letters // 4)
            for share, colour in ((1.0, GROOVE), (p, self.colour)):
                end = begin + round(self.bar * share)
                cv2.rectangle(canvas, (begin, middle - half), (end, middle + half), colour, -1)
        for k, unit in enumerate(self.units, 1 + len(self.bars)):
            write(canvas, unit, left + pad, top + k * step, self.letters, WHITE)


def panel(row: Row, scale: float, classes: Mapping[str, Sequence[str]], colour: Colour) -> Panel:
    """All that a row of the table says, or its heading where the face is small; `classes` of each classifier."""
    bars = [(word, float(row[f"{name}_{word}"])) for name, words in classes.items() for word in words]
    units = _units(row)
    box = _box(row, scale)
    low, high = LETTERS
    letters = round(min(high, max(low, box[3] / 1.3 / (len(bars) + len(units) + 2))))
    if box[3] * TALLEST < line_height(letters) * (len(bars) + len(units) + 1):
        bars, units = [], []
    return Panel(box, _title(row, classes), bars, units, letters, colour)


def heading(row: Row, scale: float, classes: Mapping[str, Sequence[str]], colour: Colour) -> Panel:
    """Number and emotion alone, in letters as large as the face is."""
    whole = panel(row, scale, classes, colour)
    return Panel(whole.box, whole.title, [], [], whole.letters, colour)


def _box(row: Row, scale: float) -> Box:
    return row["x"] * scale, row["y"] * scale, row["w"] * scale, row["h"] * scale


def _title(row: Row, classes: Mapping[str, Sequence[str]]) -> str:
    if not classes:
        return f"{row['face']}"
    best = float(row[f"{next(iter(classes))}_{row['emotion_name']}"])
    return f"{row['face']}  {row['emotion_name']} {100 * best:.0f} %"


def _units(row: Row) -> list[str]:
    strengths = {name: row[name] for name in AU_COLUMNS if row.get(name) is not None and math.isfinite(row[name])}
    strongest = sorted(strengths, key=lambda name: -strengths[name])[:UNITS]
    return [f"{name.removesuffix('_r')}  {strengths[name]:.1f}" for name in strongest]
