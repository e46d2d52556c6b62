"""Extractor of the per-frame table: MFCC and prosody on the 25 fps grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from faceloom.features.audio import prosody
from faceloom.features.audio.mfcc import SAMPLE_RATE, mfcc
from faceloom.features.audio.sound import blocks_of
from faceloom.store import Clip, write_table


@dataclass(frozen=True)
class SpeechFrames:
    """`frame`, `mfcc[0]`.., and the columns of prosody.py; reads the folders `decoded` and `lld`.

    A clip without audio has NaN features and `is_voiced` False.

    Args:
        n_mfcc: Coefficients a frame.
        window: Seconds a window.
        voiced_share: Share of a frame's 10 ms rows (0-1) that must be voiced.
    """

    name: ClassVar[str] = "audio-frames"
    version: ClassVar[int] = 2
    n_mfcc: int
    window: float
    voiced_share: float

    def setup(self, device: str) -> None:
        """Nothing to load."""

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        """Write one row per frame; the summary has the share of voiced frames and their median F0 in Hz."""
        tracks = _tracks(clip)
        heard = len(tracks) > 0
        columns = prosody.on_grid(tracks, clip.n_frames, self.voiced_share) if heard else prosody.missing(clip.n_frames)
        table = {"frame": np.arange(clip.n_frames, dtype=np.int32), **self._mfcc(clip, heard), **columns}
        write_table(out / "table.parquet", [pa.table(table)])
        voiced = columns["is_voiced"]
        pitch = columns["F0final"][voiced]
        return {"voiced": float(np.mean(voiced)), "median_f0": float(np.median(pitch)) if len(pitch) else None}

    def _mfcc(self, clip: Clip, heard: bool) -> Mapping[str, np.ndarray[Any, Any]]:
        if heard:
            values = mfcc(blocks_of(clip), clip.n_frames, self.n_mfcc, round(self.window * SAMPLE_RATE))
        else:
            values = np.full((clip.n_frames, self.n_mfcc), np.nan, np.float32)
        return {f"mfcc[{i}]": np.ascontiguousarray(values[:, i]) for i in range(self.n_mfcc)}


def _tracks(clip: Clip) -> prosody.Floats:
    table = clip.tables["lld"].read(prosody.COLUMNS)
    return np.stack([table[name].to_numpy() for name in prosody.COLUMNS], axis=1)
