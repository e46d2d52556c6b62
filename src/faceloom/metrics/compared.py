"""Reading a clip's extracted tables beside its truth table."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faceloom.facs import AFFECT, AU_COLUMNS, EXPRESSIONS
from faceloom.metrics.extraction import ANGLES, Compared, Floats, expression_index
from faceloom.store import Clip

UNVOICED: Final = frozenset({"p", "t", "k", "f", "T", "s", "S", "tS", "h", "x", "?"})
"""espeak-ng's phonemes without voice; all others have it."""

BOX: Final = ("x", "y", "w", "h")


def read(clip: Clip, long_side: int) -> Compared:
    """Every frame that the truth table has, from the folders `aligned`, `facial` and `faces` and the sidecar `truth`.

    Args:
        clip: With these tables.
        long_side: `decode.long_side`; the truth is in the recording's pixels, the extraction in analysis pixels.
    """
    truth = pq.read_table(clip.sidecars["truth"])
    n = min(len(truth), clip.n_frames)
    truth = truth.slice(0, n)
    aligned = clip.tables["aligned"].read().slice(0, n)
    facial = clip.tables["facial"].read(["landmarks68", "keypoints15"]).slice(0, n)
    faces = clip.tables["faces"].read(list(BOX)).slice(0, n)
    scale = min(1.0, long_side / max(clip.row["width"], clip.row["height"]))
    return Compared(
        is_face=_bools(aligned["is_face"]),
        units=_stack(aligned, AU_COLUMNS),
        true_units=_stack(truth, AU_COLUMNS),
        affect=_stack(aligned, AFFECT),
        true_affect=_stack(truth, AFFECT),
        expression=expression_index(_stack(aligned, EXPRESSIONS)),
        true_expression=np.array([EXPRESSIONS.index(name) for name in truth["expression"].to_pylist()], np.int64),
        angles=_stack(aligned, ANGLES),
        true_angles=_stack(truth, ANGLES),
        landmarks68=_points(facial["landmarks68"]),
        true_landmarks68=_points(truth["landmarks68"]) * scale,
        keypoints15=_points(facial["keypoints15"]),
        true_keypoints15=_points(truth["keypoints15"]) * scale,
        box=_stack(faces, BOX),
        is_voiced=_bools(aligned["is_voiced"]),
        true_voiced=voiced(truth["phoneme"].to_pylist()),
    )


def voiced(phonemes: list[str | None]) -> NDArray[np.bool_]:
    """Which of espeak-ng's phonemes have voice; no phoneme has none."""
    return np.array([bool(name) and name not in UNVOICED for name in phonemes], bool)


def _stack(table: pa.Table, names: tuple[str, ...]) -> Floats:
    return np.stack([table[name].to_numpy().astype(np.float64) for name in names], axis=1)


def _bools(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(column.to_numpy(), bool)


def _points(column: pa.ChunkedArray) -> Floats:
    values: NDArray[Any] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.astype(np.float64).reshape(len(column), -1, 2)
