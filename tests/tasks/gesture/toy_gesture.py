"""Toy recordings whose brows are a step function of pitch, so that gestures can be learnt from speech at once."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from faceloom.facs import UPPER_FACE_AUS
from faceloom.sequences.quantise import Quantiser
from faceloom.sequences.tokenise import Coder, tokens, training_vocabulary
from faceloom.tasks.gesture import data

F0, AU = Coder(Quantiser(0.1, 50, 550)), Coder(Quantiser(0.2, 0, 5))


class Table:
    """A ClipTable in memory."""

    def __init__(self, table):
        self.table = table

    def read(self, columns=None):
        return self.table if columns is None else self.table.select(list(columns))

    def chunks(self, columns=None):
        yield self.read(columns)


@dataclass
class ToyClip:
    clip: str
    row: dict
    tables: dict
    n_frames: int
    sidecars: dict = field(default_factory=dict)


def aligned(n=130, seed=0, faceless=()):
    """An aligned table: pitch 120 or 200 Hz in runs of ten frames, AUs 0.4 or 2.0 with it."""
    high = np.repeat(np.random.default_rng(seed).random(n // 10 + 1) > 0.5, 10)[:n]
    is_face = ~np.isin(np.arange(n), faceless)
    columns = {"frame": np.arange(n, dtype=np.int32), "is_face": is_face, "F0final": np.where(high, 200.0, 120.0)}
    columns |= {f"{au}_r": np.where(is_face, np.where(high, 2.0, 0.4), np.nan) for au in UPPER_FACE_AUS}
    return pa.table(columns)


def clip(name, split="train", role="speaker", **kwargs):
    table = aligned(**kwargs)
    both = {"aligned": Table(table), "tokens": Table(tokens(table, F0, AU))}
    return ToyClip(name, {"split": split, "role": role}, both, len(table))


def clips():
    """Four to train, one to validate, one to test (with faceless frames)."""
    splits = ["train"] * 4 + ["val", "test"]
    return [clip(f"{k}.mp4", split, seed=k, faceless=range(20, 30)) for k, split in enumerate(splits)]


def pack(out, recordings=None, length=40, overlap=8):
    recordings = clips() if recordings is None else recordings
    vocabularies = {
        "F0": F0.vocabulary,
        "F0_train": training_vocabulary(recordings, F0.vocabulary),
        "AU": AU.vocabulary,
    }
    data.pack(recordings, vocabularies, out, length=length, overlap=overlap)
    return out
