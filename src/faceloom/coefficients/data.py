"""Clips that have both: a table of the 25 attributes, and FaceVerse coefficients of the same frames.

The REACT challenge keeps the one in `Emotion/<clip>.csv` and the other in `3D_FV_files/<clip>.npy`. Clips are in memory
while training: 333 bytes a frame, 0.25 GB for 1,000 clips of 30 seconds.
"""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.progress import bar
from faceloom.tasks.reaction.attributes import held
from faceloom.tasks.reaction.challenge import EMOTION, read_attributes

FOLDER: Final = "3D_FV_files"
GROUPS: Final[Mapping[str, slice]] = {
    "expression": slice(0, 52),
    "rotation": slice(52, 55),
    "translation": slice(55, 58),
}
"""The 58 coefficients in the order of the challenge's files, in the files' units."""
WIDTH: Final = 58
SLACK: Final = 1
"""Frames by which the two files of a clip may differ: the challenge's have 750 rows or 751."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """A clip.

    Attributes:
        name: Path of its coefficients below the data folder.
        attributes: (T, 25), NaN replaced by the row before.
        coefficients: (T, 58), as in the file; 0 where they are not known.
        known: (T,), frames where neither file has NaN.
        cut: Rows left out at the end, for the two files to be equally long.
    """

    name: str
    attributes: Floats
    coefficients: Floats
    known: NDArray[np.bool_]
    cut: int = 0

    def __len__(self) -> int:
        return len(self.known)


@dataclass(frozen=True)
class Found:
    """The usable clips, sorted by name, and a sentence for each file that was left out."""

    pairs: tuple[Pair, ...]
    left_out: tuple[str, ...]

    def sentences(self) -> list[str]:
        """What people should know of the data."""
        frames = sum(map(len, self.pairs))
        unknown = frames - sum(int(pair.known.sum()) for pair in self.pairs)
        cut = sum(pair.cut > 0 for pair in self.pairs)
        told = [f"{len(self.pairs)} clips, {frames} frames"]
        if unknown:
            told.append(f"{unknown} frames with NaN count for nothing")
        if cut:
            told.append(f"{cut} clips cut to the length of the shorter of their two files")
        if self.left_out:
            told.append(f"{len(self.left_out)} files left out; the first: {self.left_out[0]}")
        return told


def read(folder: Path) -> Found:
    """Read every clip below a folder, in the challenge's layout or with `Emotion` and `3D_FV_files` in it.

    Raises:
        InputError: there are no coefficients, or fewer than two clips can be used.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; give the one with {EMOTION} and {FOLDER}, or with train and val.")
    names = coefficient_files(folder)
    if not names:
        raise InputError(f"{folder}: holds no {FOLDER}/*.npy; without them reactions are shown with face units.")
    pairs, left_out = [], []
    with bar("clips", len(names)) as advance:
        for name in names:
            try:
                pairs.append(read_pair(folder, name))
            except InputError as error:
                left_out.append(str(error))
            advance()
    if len(pairs) < 2:
        first = f"; the first left out: {left_out[0]}" if left_out else "."
        raise InputError(f"{folder}: {len(pairs)} of {len(names)} clips can be used, and two are needed{first}")
    return Found(tuple(pairs), tuple(left_out))


def coefficient_files(folder: Path) -> list[str]:
    """Sorted paths below the folder; linked folders are looked through, hidden files are not."""
    # not Path.glob, which does not look through links
    found = glob.iglob(f"**/{FOLDER}/**/*.npy", root_dir=folder, recursive=True)  # noqa: PTH207
    return sorted({Path(name).as_posix() for name in found})


def read_pair(folder: Path, name: str) -> Pair:
    """One clip; raises InputError where a file is missing, has a wrong shape, or no frame is known."""
    table = folder / _table(name)
    if not table.is_file():
        raise InputError(f"{name}: has no {_table(name)} beside it; put the table of the 25 attributes there.")
    coefficients, attributes = read_coefficients(folder / name), read_attributes(table)
    rows, other = len(coefficients), len(attributes)
    if abs(rows - other) > SLACK:
        raise InputError(f"{name}: {rows} frames, but its table has {other}; both need a row for each frame.")
    length = min(rows, other)
    attributes, coefficients = attributes[:length], coefficients[:length]
    finite = np.isfinite(coefficients)
    known = np.asarray(np.isfinite(np.hstack([attributes, coefficients])).all(axis=1))
    if not known.any():
        raise InputError(f"{name}: no frame without NaN in it or in its table; extract it again.")
    attributes = held(np.where(np.isfinite(attributes), attributes, np.float32(np.nan)))
    return Pair(name, attributes, np.where(finite, coefficients, np.float32(0.0)), known, max(rows, other) - length)


def _table(name: str) -> str:
    """Path of the attributes that belong to the coefficients of that path."""
    parts = PurePosixPath(name).with_suffix(".csv").parts
    return PurePosixPath(*(EMOTION if part == FOLDER else part for part in parts)).as_posix()


def read_coefficients(path: Path) -> Floats:
    """Coefficients (T, 58) of a file whose other axes, if any, have length 1, as published ones do: (T, 1, 58).

    Raises:
        InputError: no array of numbers, or another shape.
    """
    try:
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(
            f"{path}: not an array ({type(error).__name__}); save the coefficients with np.save."
        ) from None
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        raise InputError(f"{path}: holds no numbers; save the coefficients with np.save.")
    axes = [n for n in values.shape[:-1] if n != 1]
    if values.ndim < 2 or values.shape[-1] != WIDTH or len(axes) > 1 or values.size == 0:
        raise InputError(f"{path}: has the shape {values.shape}; it needs (frames, {WIDTH}).")
    return values.reshape(-1, WIDTH).astype(np.float32)


def fingerprint(pairs: Iterable[Pair]) -> str:
    """BLAKE2b of names and numbers."""
    digest = hashlib.blake2b(digest_size=16)
    for pair in pairs:
        digest.update(f"{pair.name} {len(pair)}\n".encode())
        for array in (pair.attributes, pair.coefficients, pair.known):
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
