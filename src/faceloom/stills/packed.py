"""Packed faces: all that training and evaluation of keypoints, expression and emotion_cnn read.

`<task>.h5` holds for N faces: `images` (N, S, S), grey; `split` (N,), an index into SPLITS; `person` (N,), -1 where
unknown; and either `points` (N, 15, 2), x and y in pixels of the packed picture (pixel k has its centre at k; the order
of `points.KEYPOINTS`; NaN where not labelled), or `labels` (N,), an index into `classes`. What the numbers came from
lies in the attributes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
from faceloom.stills.framing import Framing

SPLITS: Final = ("train", "val", "test")


@dataclass(frozen=True)
class Packed:
    """Packed faces in memory; see the module for shapes and units.

    `points` is empty (N, 0, 2) for a task of classes, `labels` is all 0 and `classes` empty for keypoints. `source` is
    the kind of data set, `split_rule` how the faces were split, `leaks` whether that lets a face, or a copy of it, into
    two splits; `skipped` counts the rows left out by reason; `framing` is how tight the pictures are;
    `blurred` the sigma in pixels, by split, of the blur that made splits equally sharp.
    """

    images: npt.NDArray[np.uint8]
    split: npt.NDArray[np.uint8]
    person: npt.NDArray[np.int32]
    points: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    classes: tuple[str, ...]
    source: str
    split_rule: str
    leaks: bool
    skipped: Mapping[str, int]
    framing: Framing = field(default_factory=Framing)
    blurred: Mapping[str, float] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: Any) -> Packed:
        """The faces that an index or a boolean array chooses."""
        arrays = {name: getattr(self, name)[rows] for name in ("images", "split", "person", "points", "labels")}
        return replace(self, **arrays)

    @property
    def size(self) -> int:
        """Side of the pictures, pixels."""
        return int(self.images.shape[1])

    def of(self, split: str) -> Packed:
        """The faces of one split."""
        return self[self.split == SPLITS.index(split)]


def load(path: Path) -> Packed:
    """Read a packed file; raises InputError where it is absent or something else."""
    try:
        with h5py.File(path, "r") as file:
            return _read(file)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `dvc repro stills@{path.stem}` first.") from None
    except (OSError, KeyError, ValueError):
        raise InputError(f"{path}: not a packed file of faces; run `dvc repro -f stills@{path.stem}`.") from None


def _read(file: h5py.File) -> Packed:
    n = len(file["images"])
    return Packed(
        images=file["images"][:],
        split=file["split"][:],
        person=file["person"][:],
        points=file["points"][:] if "points" in file else np.zeros((n, 0, 2), np.float32),
        labels=file["labels"][:] if "labels" in file else np.zeros(n, np.uint8),
        classes=tuple(json.loads(file.attrs["classes"])),
        source=str(file.attrs["source"]),
        split_rule=str(file.attrs["split_rule"]),
        leaks=bool(file.attrs["leaks"]),
        skipped=json.loads(file.attrs["skipped"]),
        framing=Framing(**json.loads(file.attrs.get("framing", "{}"))),
        blurred=json.loads(file.attrs.get("blurred", "{}")),
    )
