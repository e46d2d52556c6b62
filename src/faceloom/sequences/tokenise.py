"""Token sequences of F0 and upper-face action units, clip by clip.

The per-clip tokens number every level of the quantisers, so that they depend on nothing but the clip: one more
recording changes no other clip's tokens. Packing renumbers F0 to the values that occur in the training recordings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from faceloom.facs import MAX_INTENSITY, UPPER_FACE_AUS
from faceloom.sequences.quantise import Quantiser
from faceloom.sequences.vocabulary import FIRST, Vocabulary
from faceloom.store import Clip, write_table

AU_INPUTS: Final = tuple(f"{au}_r" for au in UPPER_FACE_AUS)
COLUMNS: Final = ("frame", "is_face", "F0final", *AU_INPUTS)


@dataclass(frozen=True)
class Coder:
    """A quantiser and the vocabulary of all its levels."""

    quantiser: Quantiser

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Tokens of every level."""
        return Vocabulary.of(self.quantiser.levels)

    def encode(self, x: ArrayLike) -> NDArray[np.int32]:
        """Tokens of raw values; NaN gives EOS."""
        return self.vocabulary.encode(self.quantiser(x))


@dataclass(frozen=True)
class Tokenise:
    """Extractor: F0 and AU tokens with the mask of the frames whose AUs are known (contracts.md, `data/tokens`)."""

    au_step: float
    f0_step: float
    f0_range: tuple[float, float]

    name: ClassVar[str] = "tokenise"
    version: ClassVar[int] = 1

    def setup(self, device: str) -> None:
        """Nothing to load."""

    @cached_property
    def f0(self) -> Coder:
        """Of F0 in Hz; unvoiced frames (0 Hz) become the lower end of the range, as in reference 1."""
        return Coder(Quantiser(self.f0_step, *self.f0_range))

    @cached_property
    def au(self) -> Coder:
        """Of AU intensities, 0-5."""
        return Coder(Quantiser(self.au_step, 0.0, MAX_INTENSITY))

    def __call__(self, clip: Clip, out: Path) -> dict[str, Any]:
        """Tokenise one aligned clip; returns how many frames have AUs and how many are voiced."""
        counts = np.zeros(2, np.int64)

        def rows() -> Iterator[pa.Table]:
            for chunk in clip.tables["aligned"].chunks(COLUMNS):
                table = tokens(chunk, self.f0, self.au)
                counts[:] += np.sum(table["mask"]), np.sum(np.asarray(table["F0"]) > FIRST)
                yield table

        write_table(out / "table.parquet", rows())
        return {"face_frames": int(counts[0]), "voiced_frames": int(counts[1])}


def tokens(table: pa.Table, f0: Coder, au: Coder) -> pa.Table:
    """Tokens of an aligned table: `frame`, `F0`, `AU01`..`AU07`, `mask`; what is missing is EOS, and masked for AUs."""
    values = np.stack([_floats(table, name) for name in AU_INPUTS], axis=1)
    mask = _floats(table, "is_face").astype(bool) & np.isfinite(values).all(axis=1)
    units = au.encode(np.where(mask[:, None], values, np.nan)).astype(np.int16)
    columns = {"frame": table["frame"], "F0": pa.array(f0.encode(_floats(table, "F0final")))}
    columns |= {name: pa.array(units[:, k]) for k, name in enumerate(UPPER_FACE_AUS)}
    return pa.table({**columns, "mask": pa.array(mask)})


def _floats(table: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(table[name].to_numpy(), np.float64)


def training_vocabulary(clips: Iterable[Clip], f0: Vocabulary) -> Vocabulary:
    """The F0 values that occur in the training clips that speak; the unvoiced level is always one of them.

    Args:
        clips: With their table `tokens`.
        f0: The vocabulary of those tables.
    """
    found = {FIRST}
    for clip in clips:
        if clip.row["split"] == "train" and clip.row["role"] != "listener":
            for chunk in clip.tables["tokens"].chunks(["F0"]):
                found.update(np.unique(np.asarray(chunk["F0"])).tolist())
    return Vocabulary.of(f0.decode(sorted(found)))
