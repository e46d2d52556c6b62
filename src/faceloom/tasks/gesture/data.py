"""Packed windows of F0 and upper-face action units: all that training and evaluation of gestures read.

`gesture.h5` holds, for N windows of T frames over C clips: `f0` (N, T) and `au` (N, T, 6) tokens; `mask` (N, T), the
frames whose AUs are known; `intensity` (N, T, 6), the AUs before quantisation, and `truth` (N, T, 6), those of a truth
table where the recording has one (both 0-5, NaN where unknown); `split`, `clip` and `start` (N,); `clips` and
`n_frames` (C,); and the vocabularies as attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.facs import UPPER_FACE_AUS
from faceloom.sequences.vocabulary import EOS, FIRST, Vocabulary
from faceloom.sequences.windows import cut, starts

if TYPE_CHECKING:  # training runs on machines without the packages that the store needs
    from faceloom.store import Clip

SPLITS: Final = ("train", "val", "test")
AU_NAMES: Final = tuple(f"{au}_r" for au in UPPER_FACE_AUS)


@dataclass(frozen=True)
class Windows:
    """Windows in memory; see the module for shapes and units."""

    f0: NDArray[np.int32]
    au: NDArray[np.int16]
    mask: NDArray[np.bool_]
    intensity: NDArray[np.float32]
    truth: NDArray[np.float32]
    split: NDArray[np.int8]
    clip: NDArray[np.int32]
    start: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.f0)

    def __getitem__(self, rows: Any) -> Windows:
        """The windows that an index or a boolean array chooses."""
        return Windows(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def of(self, split: str) -> Windows:
        """The windows of one split."""
        return self[self.split == SPLITS.index(split)]


@dataclass(frozen=True)
class Packed:
    """A packed file: its windows, its clips and its vocabularies."""

    windows: Windows
    clips: tuple[str, ...]
    n_frames: tuple[int, ...]
    f0: Vocabulary
    au: Vocabulary


def speakers(clips: Iterable[Clip]) -> list[Clip]:
    """Clips whose gestures go with speech: the speaker of a dyad, or anyone heard who is not its listener."""
    return [
        clip for clip in clips if clip.row["role"] == "speaker" or (clip.row["role"] != "listener" and _heard(clip))
    ]


def _heard(clip: Clip) -> bool:
    return any((chunk["F0"].to_numpy() > FIRST).any() for chunk in clip.tables["tokens"].chunks(["F0"]))


def pack(clips: Iterable[Clip], vocabularies: Mapping[str, Vocabulary], out: Path, *, length: int, overlap: int) -> int:
    """Cut the clips that speak into windows and write them, clip by clip; returns the number of windows.

    Args:
        clips: Sorted, with the tables `tokens` and `aligned` and, where there is one, the sidecar `truth`.
        vocabularies: `F0` and `AU` of the tables, and `F0_train`, which the packed F0 tokens are renumbered to.
        out: The file to write; equal input gives equal bytes.
        length: Frames of a window.
        overlap: Frames that neighbouring windows share.

    Raises:
        InputError: no clip has both speech and a face.
    """
    names: list[str] = []
    n_frames: list[int] = []
    count = 0
    partial = out.with_suffix(".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(partial, "w") as file:
        file.attrs["F0"] = np.array(vocabularies["F0_train"].levels)
        file.attrs["AU"] = np.array(vocabularies["AU"].levels)
        for clip in clips:
            windows = clip_windows(clip, len(names), vocabularies, length, overlap)
            if len(windows):
                _append(file, windows)
                names.append(clip.clip)
                n_frames.append(clip.n_frames)
                count += len(windows)
        file["clips"] = np.array(names, h5py.string_dtype())
        file["n_frames"] = np.array(n_frames, np.int32)
    if not count:
        partial.unlink()
        raise InputError(f"{out}: no recording has both speech and a face; add recordings of people who speak.")
    partial.replace(out)
    return count


def clip_windows(clip: Clip, number: int, vocabularies: Mapping[str, Vocabulary], length: int, overlap: int) -> Windows:
    """The windows of one clip that hold at least one frame with known AUs."""
    tokens, aligned = clip.tables["tokens"].read(), clip.tables["aligned"].read(AU_NAMES)
    mask = _numpy(tokens, ["mask"])[:, 0].astype(bool)
    intensity = np.where(mask[:, None], _numpy(aligned, AU_NAMES), np.nan).astype(np.float32)
    f0 = vocabularies["F0_train"].encode(vocabularies["F0"].decode(_numpy(tokens, ["F0"])[:, 0].astype(int)))
    first = starts(len(mask), length, overlap)

    def windows(array: NDArray[Any], fill: Any) -> NDArray[Any]:
        return cut(array, length, overlap, fill)

    cuts = Windows(
        f0=windows(f0, EOS),
        au=windows(_numpy(tokens, UPPER_FACE_AUS).astype(np.int16), EOS),
        mask=windows(mask, False),
        intensity=windows(intensity, np.nan),
        truth=windows(_truth(clip, mask), np.nan),
        split=np.full(len(first), SPLITS.index(clip.row["split"]), np.int8),
        clip=np.full(len(first), number, np.int32),
        start=np.array(first, np.int32),
    )
    return cuts[cuts.mask.any(axis=1)]


def _numpy(table: Any, names: Iterable[str]) -> NDArray[Any]:
    return np.stack([table[name].to_numpy() for name in names], axis=1)


def _truth(clip: Clip, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """AUs of the truth table (n_frames, 6), NaN without one and where the mask admits nothing."""
    out = np.full((len(mask), len(AU_NAMES)), np.nan, np.float32)
    if path := clip.sidecars.get("truth"):
        import pyarrow.parquet as pq

        table = pq.read_table(path, columns=list(AU_NAMES))
        values = _numpy(table, AU_NAMES)[: len(mask)]
        out[: len(values)] = values
    return np.where(mask[:, None], out, np.float32(np.nan))


def _append(file: h5py.File, windows: Windows) -> None:
    for field in fields(windows):
        array = getattr(windows, field.name)
        if field.name not in file:
            # chunked and resizable: a clip at a time is in memory, not the data set
            file.create_dataset(
                field.name, data=array, maxshape=(None, *array.shape[1:]), chunks=(64, *array.shape[1:])
            )
        else:
            file[field.name].resize(len(file[field.name]) + len(array), axis=0)
            file[field.name][-len(array) :] = array


def read(packed: Path) -> Packed:
    """Read a packed file; raises InputError where it is absent or something else."""
    try:
        with h5py.File(packed, "r") as file:
            windows = Windows(**{field.name: file[field.name][:] for field in fields(Windows)})
            return Packed(
                windows,
                clips=tuple(file["clips"].asstr()[:]),
                n_frames=tuple(file["n_frames"][:].tolist()),
                f0=Vocabulary(tuple(file.attrs["F0"].tolist())),
                au=Vocabulary(tuple(file.attrs["AU"].tolist())),
            )
    except FileNotFoundError:
        raise InputError(f"{packed}: no such file; run `dvc repro pack@gesture` first.") from None
    except (OSError, KeyError):
        raise InputError(f"{packed}: not a packed gesture file; run `dvc repro -f pack@gesture`.") from None
