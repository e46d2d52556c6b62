"""Data sets that are one CSV: Kaggle's facial keypoints, FER2013 and its relatives."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
from faceloom.stills.classes import CLASSES
from faceloom.stills.csv_rows import Rows, header, rows
from faceloom.stills.faces import Faces, Skips, faces
from faceloom.stills.points import COLUMNS, KEYPOINTS

PERSONS: Final = "persons.csv"
"""Beside a CSV of keypoints: a column `person`, one name for each of its rows."""

USAGES: Final = {"training": 0, "publictest": 1, "privatetest": 2, "": -1}
"""FER2013's parts as indices into `packed.SPLITS`."""

MISSING: Final = ("", "nan", "null")


@dataclass(frozen=True)
class Fer:
    """FER2013 (`emotion,pixels[,Usage]`) or a set with `Emotion,Pixels`: labels 0-6, 48x48 pixels as text."""

    path: Path
    columns: Sequence[str]
    name: ClassVar[str] = "fer"
    classes: ClassVar[tuple[str, ...]] = CLASSES["seven"]
    has_points: ClassVar[bool] = False
    side: ClassVar[int] = 48

    def chunks(self, skips: Skips) -> Iterator[Faces]:
        """Rows that are whole."""
        names = [name.lower() for name in self.columns]
        wanted = [names.index(name) for name in ("emotion", "usage") if name in names]
        for block in rows(self.path, len(names), names.index("pixels"), self.side):
            labels, usage = np.zeros(len(block), np.int16), np.full(len(block), -1, np.int8)
            sound = np.zeros(len(block), bool)
            for k, fields in enumerate(block.fields(wanted)):
                try:
                    labels[k], usage[k] = label_and_part(block.fault(k), *fields)
                    sound[k] = True
                except ValueError as error:
                    skips.fault(str(error), block.place(k))
            yield faces(block.images, labels=labels, usage=usage)[sound]


@lru_cache(1024)
def label_and_part(fault: str | None, label: str, usage: str = "") -> tuple[int, int]:
    """Label and part of a row, of which there are few; raises ValueError with what is wrong with it."""
    if fault:
        raise ValueError(fault)
    if not label.lstrip("-").isdecimal():
        raise ValueError("the label is not a whole number")
    if not 0 <= int(label) < len(CLASSES["seven"]):
        raise ValueError(f"the label is outside 0-{len(CLASSES['seven']) - 1}")
    if usage.lower() not in USAGES:
        raise ValueError("Usage is none of Training, PublicTest and PrivateTest")
    return int(label), USAGES[usage.lower()]


@dataclass(frozen=True)
class Kaggle:
    """Kaggle's `training.csv`: 30 coordinates, in pixels, and `Image`, 96x96 grey values as text."""

    path: Path
    columns: Sequence[str]
    name: ClassVar[str] = "kaggle"
    classes: ClassVar[tuple[str, ...]] = ()
    has_points: ClassVar[bool] = True
    side: ClassVar[int] = 96

    def chunks(self, skips: Skips) -> Iterator[Faces]:
        """Rows whose picture is whole; the points that are not given are NaN."""
        wanted, persons, last = [self.columns.index(name) for name in COLUMNS], self._persons(), 0
        for block in rows(self.path, len(self.columns), self.columns.index("Image"), self.side):
            points = np.zeros((len(block), len(COLUMNS)), np.float32)
            sound = np.zeros(len(block), bool)
            for k, fields in enumerate(block.fields(wanted)):
                try:
                    points[k] = coordinates(block.fault(k), fields)
                    sound[k] = True
                except ValueError as error:
                    skips.fault(str(error), block.place(k))
            last = block.first + len(block) - 1
            yield faces(block.images, points=points.reshape(-1, len(KEYPOINTS), 2), person=_of_block(persons, block))[
                sound
            ]
        if persons is not None and len(persons) != last:
            raise InputError(f"{self.path.parent / PERSONS}: {len(persons)} names for {last} rows; make them agree.")

    def _persons(self) -> npt.NDArray[np.int32] | None:
        """A number for the person of each row, in order of appearance, or None where no file names them."""
        path = self.path.parent / PERSONS
        if not path.is_file():
            return None
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if "person" not in (table.fieldnames or ()):
                raise InputError(f"{path}: no column `person`; name the person of each row in it.")
            names = [row["person"] for row in table]
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int32)


def _of_block(persons: npt.NDArray[np.int32] | None, block: Rows) -> npt.NDArray[np.int32]:
    person = np.full(len(block), -1, np.int32)
    if persons is not None:
        known = persons[block.first - 1 : block.first - 1 + len(block)]
        person[: len(known)] = known
    return person


def coordinates(fault: str | None, fields: Sequence[str]) -> npt.NDArray[np.float32]:
    """The 30 coordinates of a row, NaN where not given; raises ValueError with what is wrong with it."""
    if fault:
        raise ValueError(fault)
    try:
        values = [float("nan" if text.lower() in MISSING else text) for text in fields]
    except ValueError:
        raise ValueError("a coordinate is not a number") from None
    if np.isinf(values).any():
        raise ValueError("a coordinate is infinite")
    return np.array(values, np.float32)


def open_table(path: Path) -> Fer | Kaggle:
    """The data set that a CSV's header names; raises InputError for one that is unknown or lacks a column."""
    columns = header(path)
    names = {name.lower() for name in columns}
    if "emotion" in names or "pixels" in names:
        _require(path, ("emotion", "pixels"), names)
        return Fer(path, columns)
    if "Image" in columns or set(COLUMNS) & set(columns):
        _require(path, (*COLUMNS, "Image"), columns)
        return Kaggle(path, columns)
    raise InputError(
        f"{path}: its header is neither Kaggle's (30 coordinates, Image) nor FER2013's (emotion,pixels[,Usage]); "
        "rename its columns to one of them."
    )


def _require(path: Path, wanted: Sequence[str], present: Sequence[str] | set[str]) -> None:
    missing = [name for name in wanted if name not in present]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(f"{path}: no column `{missing[0]}`{more}; name the data set's complete CSV.")
