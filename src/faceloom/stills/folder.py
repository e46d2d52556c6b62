"""A folder with one folder of pictures per class, alone or below `train`, `val` and `test`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

import numpy as np

from faceloom.facs import EXPRESSIONS
from faceloom.stills.classes import class_name
from faceloom.stills.faces import CHUNK, Faces, Skips, faces
from faceloom.stills.pictures import SUFFIXES, Grey, grey, square

PARTS: Final = {
    "train": 0,
    "training": 0,
    "val": 1,
    "valid": 1,
    "validation": 1,
    "publictest": 1,
    "test": 2,
    "testing": 2,
    "privatetest": 2,
}
"""Folders above those of the classes, as indices into `packed.SPLITS`."""

SMALL: Final = 48
"""Side of FER2013's pictures: a set of pictures that are no larger is not enlarged on disk."""


class Entry(NamedTuple):
    """A file, the name of its class folder, and its part of the data set (-1 without parts)."""

    path: Path
    folder: str
    part: int


@dataclass(frozen=True)
class Folder:
    """Pictures of single faces; `side` is what they are scaled to. Labels are REACT's eight."""

    root: Path
    side: int
    name: ClassVar[str] = "folder"
    classes: ClassVar[tuple[str, ...]] = EXPRESSIONS
    has_points: ClassVar[bool] = False

    def chunks(self, skips: Skips) -> Iterator[Faces]:
        """Pictures in the order of their names."""
        found = []
        for entry in entries(self.root):
            name = class_name(entry.folder)
            if name is None:
                skips.leave(f"folder `{entry.folder}` names no class", 1)
            elif entry.path.suffix.lower() not in SUFFIXES:
                skips.leave("no picture by its name", 1)
            elif (picture := self._read(entry.path, skips)) is not None:
                found.append((picture, EXPRESSIONS.index(name), entry.part))
            if len(found) == CHUNK:
                yield _chunk(found)
                found = []
        if found:
            yield _chunk(found)

    def _read(self, path: Path, skips: Skips) -> Grey | None:
        try:
            return square(grey(path), self.side)
        except ValueError as error:
            skips.fault(str(error), path.relative_to(self.root).as_posix())
            return None


def _chunk(found: list[tuple[Grey, int, int]]) -> Faces:
    images, labels, parts = zip(*found, strict=True)
    return faces(np.stack(images), labels=np.array(labels), usage=np.array(parts))


def entries(root: Path) -> Iterator[Entry]:
    """Files below class folders, in the order of their names."""
    for folder in _folders(root):
        part = PARTS.get(folder.name.lower(), -1)
        for below in [folder] if part < 0 else _folders(folder):
            yield from (Entry(path, below.name, part) for path in sorted(below.rglob("*")) if path.is_file())


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def open_folder(root: Path, side: int) -> Folder | None:
    """The data set, or None where no folder is named after a class; pictures not above `SMALL` stay that small."""
    known = [entry.path for entry in entries(root) if class_name(entry.folder)]
    for path in known:
        try:
            return Folder(root, side if min(grey(path).shape) > SMALL else min(side, SMALL))
        except ValueError:
            continue
    return Folder(root, side) if known else None
