"""Feature streams of a recording by name: what a listener sees and hears of a speaker, a row a frame or once a clip.

Values are as extracted, NaN where they are missing; who trains standardises them (`statistics` of the packed file).
The vectors of a whole clip are the exception: each is standardised by its own mean and deviation, as published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.tasks.reaction import attributes, cues, recent
from faceloom.tasks.reaction.attributes import column

if TYPE_CHECKING:
    from faceloom.store import Clip

Floats = NDArray[np.float32]

RIGHT_EYE: Final = slice(36, 42)
LEFT_EYE: Final = slice(42, 48)
"""Of the 68 landmarks; the subject's."""

HEAD_POSE: Final = ("yaw", "pitch", "roll", "tx", "ty", "tz")
PROSODY: Final = ("F0final", "voicing", "loudness", "is_voiced")
N_LLD: Final = 65
LLD_ROWS: Final = 2_997
"""Of 30 s of 10 ms descriptors: what is left of a longer recording is not read."""


def landmarks(table: pa.Table) -> Floats:
    """The 68 landmarks (n, 136), the eyes' midpoint at 0, their line level and their distance 1."""
    flat = table["landmarks68"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return normalised(np.asarray(flat, np.float32).reshape(-1, 68, 2)).reshape(-1, 136)


def normalised(points: Floats) -> Floats:
    """Landmarks (n, 68, 2) without where the head is, how near, and its roll; NaN where the eyes coincide."""
    right, left = points[:, RIGHT_EYE].mean(axis=1), points[:, LEFT_EYE].mean(axis=1)
    across = left - right
    square = (across**2).sum(axis=1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = across / square  # rotates and scales at once
    y = np.stack([-x[:, 1], x[:, 0]], axis=1)
    centred = points - ((right + left) / 2)[:, None]
    out: Floats = np.einsum("npc,nac->npa", centred, np.stack([x, y], axis=1)).astype(np.float32)
    out[~np.isfinite(out)] = np.nan
    return out


def _columns(names: Sequence[str]) -> Callable[[pa.Table], Floats]:
    return lambda table: np.stack([column(table, name) for name in names], axis=1)


def _mfcc(table: pa.Table) -> Floats:
    """As many as there are."""
    return _columns([name for name in table.column_names if name.startswith("mfcc[")])(table)


def _cues(table: pa.Table) -> Floats:
    """Of a whole clip: they remember what was said before."""
    voiced = np.asarray(table["is_voiced"]).astype(bool)
    return cues.cues(np.nan_to_num(column(table, "F0final")), voiced)


def _listed(table: pa.Table) -> Floats:
    """A list column `features` as (n, width), float16 as it is stored."""
    column = table["features"].combine_chunks()
    flat: Floats = column.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(table), -1)


@dataclass(frozen=True)
class Stream:
    """One row a frame, or a row for a window of frames.

    Attributes:
        place: Folder below data/.
        of: From rows of its table to values (n, width).
        seen: Whether a truth table has it too.
    """

    place: str
    of: Callable[[pa.Table], Floats]
    seen: bool = False


STREAMS: Final[Mapping[str, Stream]] = {
    "facial": Stream("facial", attributes.face, seen=True),
    "landmarks": Stream("facial", landmarks, seen=True),
    "head_pose": Stream("pose", _columns(HEAD_POSE), seen=True),
    "mfcc": Stream("audio/frames", _mfcc),
    "prosody": Stream("audio/frames", _columns(PROSODY)),
    "cues": Stream("audio/frames", _cues),
    "recent": Stream("audio/frames", _cues),  # and the faces: `of_faces`
    "me_graphau": Stream("facial/me_graphau", _listed),
    "resmasknet": Stream("facial/resmasknet", _listed),
    "efficientnet_va": Stream("facial/efficientnet_va", _listed),
    "videomae": Stream("pose/videomae", _listed),
}

OF_FACES: Final = ("facial", "recent")
"""Streams made of the very faces that the tokens are made of, whichever file those came from."""

VECTORS: Final[Mapping[str, str]] = {"functionals": "audio/functionals", "lld": "audio/lld"}
"""Streams of one vector a clip, and their folders below data/."""


def places(names: Sequence[str]) -> list[str]:
    """Folder below data/ of the tables that these streams read; raises InputError for an unknown name."""
    known = {name: stream.place for name, stream in STREAMS.items()} | dict(VECTORS)
    for name in names:
        if name not in known:
            raise InputError(f"pack.reaction.features: `{name}` is no feature; choose from {', '.join(known)}.")
    return sorted({"facial", *(known[name] for name in names)})


def rows(name: str, clip: Clip, *, truth: bool = False) -> Iterator[Floats]:
    """Values of a stream that is none of `OF_FACES`, window by window, (n, width) each.

    Args:
        name: Of `STREAMS`.
        clip: With the tables of `places`, and the sidecar `truth` where there is one.
        truth: Take what the truth table has from there.
    """
    stream = STREAMS[name]
    if truth and stream.seen:
        yield stream.of(attributes.truth_table(clip))
    elif name == "cues":
        yield stream.of(clip.tables[stream.place].read(["F0final", "is_voiced"]))
    else:
        yield from (stream.of(chunk) for chunk in clip.tables[stream.place].chunks() if len(chunk))


def of_faces(name: str, faces: NDArray[Any], clip: Clip) -> NDArray[Any]:
    """A stream of `OF_FACES` (n, width), made of the attributes (n, 25) that a clip's tokens are made of."""
    return faces if name == "facial" else recent.recent(faces, next(rows("cues", clip)))


def hop(name: str, clips: Sequence[Clip]) -> int:
    """Frames that one row of a stream stands for."""
    place = STREAMS[name].place
    if place != STREAMS["videomae"].place:
        return 1
    windows = [chunk["frames"] for clip in clips for chunk in islice(clip.tables[place].chunks(["frames"]), 1)]
    return max((int(window[0].as_py()) for window in windows if len(window)), default=1)


def vector(name: str, clip: Clip, length: int) -> Floats:
    """A vector of the whole clip (length,), standardised by its own mean and deviation, NaN as 0.

    Several functionals of a long recording are averaged by the seconds they describe; descriptors come one after the
    other (all times of the first, then of the second), cut or filled with 0 to `length`.
    """
    table = clip.tables[VECTORS[name]].read()
    if name == "functionals":
        return standardised(_functionals(table))[:length]
    times = length // N_LLD
    values = _columns(table.column_names[-N_LLD:])(table)[:times].T
    padded = np.full((N_LLD, times), np.nan, np.float32)
    padded[:, : values.shape[1]] = values
    return standardised(padded.ravel())


def vector_length(name: str, clips: Sequence[Clip]) -> int:
    """Length of the vectors of all clips: the descriptors' is that of the longest recording, 30 s at most."""
    tables = [clip.tables[VECTORS[name]] for clip in clips]
    if name == "functionals":
        return int(pq.read_schema(tables[0].path).field("functionals").type.list_size)
    longest = 0
    for table in tables:
        meta = pq.read_metadata(table.path)
        groups = range(table.first_group, table.first_group + table.groups)
        longest = max(longest, sum(meta.row_group(group).num_rows for group in groups))
    return N_LLD * min(longest, LLD_ROWS)


def _functionals(table: pa.Table) -> Floats:
    flat = table["functionals"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    values = np.asarray(flat, np.float64).reshape(len(table), -1)
    weights = np.where(np.isnan(values), 0, np.asarray(table["seconds"], np.float64)[:, None])
    with np.errstate(invalid="ignore"):
        mean: Floats = ((np.nan_to_num(values) * weights).sum(axis=0) / weights.sum(axis=0)).astype(np.float32)
    return mean


def standardised(values: Floats) -> Floats:
    """A vector with mean 0 and deviation 1 over what is finite; the rest, and a constant vector, becomes 0."""
    known = values[np.isfinite(values)].astype(np.float64)
    if not len(known) or not (deviation := known.std()) > 0:
        return np.zeros_like(values)
    out = (values - known.mean()) / deviation
    return np.where(np.isfinite(out), out, 0).astype(np.float32)


@dataclass
class Moments:
    """Mean and deviation of columns, summed up window by window without NaN."""

    count: Any = 0
    total: Any = 0.0
    square: Any = 0.0

    def add(self, values: Floats) -> None:
        """Count rows (n, width)."""
        wide = values.astype(np.float64)
        self.count = self.count + np.isfinite(wide).sum(axis=0)
        wide[~np.isfinite(wide)] = 0
        self.total = self.total + wide.sum(axis=0)
        self.square = self.square + (wide**2).sum(axis=0)

    def result(self) -> Floats:
        """Mean and deviation (2, width); 0 where nothing was counted."""
        count = np.maximum(self.count, 1)
        mean = self.total / count
        return np.stack([mean, np.sqrt(np.maximum(self.square / count - mean**2, 0))]).astype(np.float32)
