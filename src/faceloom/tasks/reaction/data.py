"""Packed dyads: all that training, generation and evaluation of reactions read.

`reaction.h5` holds N clips, every dyad in both directions, and their F frames end to end:

- per clip: `names`, `offsets` int64 (N + 1), `partner` int32 (the clip whose face really answers this one), `split`
  uint8, `appropriate` uint8 (N, N): whether the real reaction to clip j is appropriate for clip i, within a split only;
- per frame: `tokens` int32 (F, 3) in the order of `codebooks.STREAMS`, `attributes` float16 (F, 25), `is_face` bool;
- `features/<name>` float16 (rows, width): a clip's frames, or every `hop`-th where one row stands for several, from
  row `starts[k]` on; as extracted, NaN where missing; `clip_features/<name>` float16 (N, width);
- `statistics/<name>` float32 (2, width): mean and deviation of a frame stream in the training split, to standardise by;
- `codebooks/<stream>`, and the attribute `about` (JSON: what was counted while packing).

Small arrays are in memory, features are read from the file when they are asked for: those of the published networks
are 55 KB a frame.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.tasks.reaction import codebooks as books
from faceloom.tasks.reaction.codebooks import Codebooks
from faceloom.tasks.reaction.stretches import Halves, opened_file

Floats = NDArray[np.float32]

SPLITS: Final = ("train", "val", "test")


@dataclass(frozen=True)
class Sample:
    """One clip, or a stretch of it: what its person shows and says.

    `features` by name (T, width) and `clip_features` (width,); `tokens` (T, 3), `attributes` (T, 25) and `is_face`
    (T,). As the speaker of a dyad its features count; as the listener its tokens and attributes. Frames without a face
    hold the face last seen.
    """

    features: Mapping[str, Halves]
    clip_features: Mapping[str, Halves]
    tokens: NDArray[np.int32]
    attributes: Floats
    is_face: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Packed:
    """A packed file; see the module for shapes."""

    path: Path
    names: tuple[str, ...]
    offsets: NDArray[np.int64]
    partner: NDArray[np.int32]
    split: NDArray[np.uint8]
    appropriate: NDArray[np.uint8]
    tokens: NDArray[np.int32]
    attributes: Halves
    is_face: NDArray[np.bool_]
    codebooks: Codebooks
    widths: Mapping[str, int]
    clip_widths: Mapping[str, int]
    statistics: Mapping[str, Floats]
    about: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.partner)

    def of(self, split: str) -> NDArray[np.int64]:
        """Numbers of the clips of `train`, `val` or `test`."""
        return np.flatnonzero(self.split == SPLITS.index(split))

    def frames(self, k: int) -> int:
        """Frames of a clip; its partner has as many."""
        return int(self.offsets[k + 1] - self.offsets[k])

    def clip(self, k: int, start: int = 0, stop: int | None = None) -> Sample:
        """Clip k, or its frames from `start` to `stop`."""
        stop = self.frames(k) if stop is None else min(stop, self.frames(k))
        rows = slice(int(self.offsets[k]) + start, int(self.offsets[k]) + stop)
        opened = opened_file(self.path)
        return Sample(
            features={name: opened.streams[name].stretch(k, start, stop) for name in self.widths},
            clip_features={name: opened.vectors[name][k] for name in self.clip_widths},
            tokens=self.tokens[rows],
            attributes=self.attributes[rows].astype(np.float32),
            is_face=self.is_face[rows],
        )

    def listener(self, k: int) -> int:
        """Number of the clip whose face really answers clip k."""
        return int(self.partner[k])


def load(path: Path) -> Packed:
    """Open a packed file; raises InputError where it is absent or something else."""
    try:
        with h5py.File(path, "r") as file:
            return _read(path, file)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `dvc repro pack@reaction` first.") from None
    except (OSError, KeyError, ValueError):
        raise InputError(f"{path}: not a packed reaction file; run `dvc repro -f pack@reaction`.") from None


def _read(path: Path, file: h5py.File) -> Packed:
    return Packed(
        path=path.absolute(),
        names=tuple(file["names"].asstr()[:]),
        **{name: file[name][:] for name in ("offsets", "partner", "split", "appropriate")},
        **{name: file[name][:] for name in ("tokens", "attributes", "is_face")},
        codebooks=books.load(file["codebooks"]),
        widths={name: int(dataset.shape[1]) for name, dataset in file["features"].items()},
        clip_widths={name: int(dataset.shape[1]) for name, dataset in file["clip_features"].items()},
        statistics={name: dataset[:] for name, dataset in file["statistics"].items()},
        about=json.loads(file.attrs["about"]),
    )
