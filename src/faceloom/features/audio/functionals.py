"""Extractor of ComParE_2016's 6,373 functionals: one vector for a recording, or for each equal stretch of a long one.

The statistics (percentiles, peaks, regressions) hold all descriptors of their stretch in memory at once, and over many
minutes they describe nothing in particular, so that a recording longer than `seconds` is cut into equal stretches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from faceloom.features.audio.blocks import recut
from faceloom.features.audio.opensmile import SAMPLE_RATE, SHORTEST
from faceloom.features.audio.sound import blocks_of
from faceloom.store import Clip, write_table

COUNT: Final = 6_373
SAMPLES_PER_FRAME: Final = 640
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Functionals:
    """Rows of `start` and `seconds` (s) and `functionals`, a list of 6,373; NaN for a clip without audio.

    Args:
        seconds: Longest stretch.
    """

    name: ClassVar[str] = "audio-functionals"
    version: ClassVar[int] = 1
    seconds: float
    smile: Any = field(default=None, init=False, repr=False, compare=False)

    def setup(self, device: str) -> None:  # noqa: ARG002 - runs on the CPU
        """One Smile object per worker."""
        import opensmile

        smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
        object.__setattr__(self, "smile", smile)

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        """Write one row per stretch."""
        size = stretch(clip.n_frames, self.seconds)
        vectors, lengths = [], []
        for samples in recut(blocks_of(clip), size):
            vectors.append(self._functionals(samples))
            lengths.append(len(samples) / SAMPLE_RATE)
        if not vectors:
            vectors, lengths = [np.full(COUNT, np.nan, np.float32)], [clip.n_frames * SAMPLES_PER_FRAME / SAMPLE_RATE]
        write_table(out / "table.parquet", [_table(vectors, lengths, size)])
        return {"stretches": len(vectors)}

    def _functionals(self, samples: Floats) -> Floats:
        padded = np.pad(samples, (0, max(0, SHORTEST - len(samples))))
        return np.asarray(self.smile(padded, SAMPLE_RATE), np.float32).reshape(-1)


def names() -> list[str]:
    """The 6,373 names in order."""
    import opensmile

    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
    return list(smile.feature_names)


def stretch(n_frames: int, seconds: float) -> int:
    """Samples in each of the fewest equal stretches of at most `seconds`, whole frames each."""
    count = max(1, ceil(n_frames * SAMPLES_PER_FRAME / (seconds * SAMPLE_RATE)))
    return ceil(n_frames / count) * SAMPLES_PER_FRAME


def _table(vectors: list[Floats], lengths: list[float], size: int) -> pa.Table:
    flat = pa.array(np.concatenate(vectors), pa.float32())
    return pa.table(
        {
            "start": np.arange(len(vectors), dtype=np.float32) * np.float32(size / SAMPLE_RATE),
            "seconds": np.array(lengths, np.float32),
            "functionals": pa.FixedSizeListArray.from_arrays(flat, COUNT),
        }
    )
