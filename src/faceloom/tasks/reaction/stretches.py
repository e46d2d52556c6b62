"""Stretches of the feature streams of a packed file, read where they lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Halves = NDArray[np.float16]


@dataclass(frozen=True)
class Stream:
    """A feature stream, with what h5py would look up anew at ten times the cost of the read.

    Attributes:
        rows: (rows of all clips, width).
        starts: First row of each clip.
        hop: Frames that a row stands for.
    """

    rows: h5py.Dataset
    starts: NDArray[np.int64]
    hop: int

    @classmethod
    def of(cls, dataset: h5py.Dataset) -> Stream:
        """As `write` left it."""
        return cls(dataset, dataset.attrs["starts"], int(dataset.attrs["hop"]))

    def stretch(self, k: int, start: int, stop: int) -> Halves:
        """Rows of clip k for its frames start..stop; a row that stands for several frames is repeated."""
        hop, first = self.hop, int(self.starts[k])
        held: Halves = self.rows[first + start // hop : first + -(-stop // hop)]
        return held if hop == 1 else held[np.arange(start, stop) // hop - start // hop]


@dataclass(frozen=True)
class Opened:
    """An open packed file: its streams, a row a frame or a hop, and its vectors, a row a clip, by name."""

    file: h5py.File
    streams: Mapping[str, Stream]
    vectors: Mapping[str, h5py.Dataset]


def opened_file(path: Path) -> Opened:
    """The open file of this process, for a forked worker must not share its parent's; another once it is replaced."""
    written = path.stat()
    return _opened(str(path), os.getpid(), written.st_ino, written.st_mtime_ns)


@lru_cache(maxsize=4)
def _opened(path: str, _process: int, _inode: int, _time: int) -> Opened:
    file = h5py.File(path, "r")
    streams = {name: Stream.of(dataset) for name, dataset in file["features"].items()}
    return Opened(file, streams, dict(file["clip_features"].items()))
