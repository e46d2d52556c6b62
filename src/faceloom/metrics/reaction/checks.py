"""What the metrics ask of their arrays, each fault as one sentence."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.facs import AFFECT, EXPRESSIONS, REACT_AUS

WIDTH = len(REACT_AUS) + len(AFFECT) + len(EXPRESSIONS)
"""Facial attributes of a frame: 15 action units, valence, arousal, 8 expressions."""

BLOCK = 16
"""Clips that are looked at together; memory-mapped files are never read whole."""


class Rows(Protocol):
    """An array that is read some rows at a time: in memory, memory-mapped, or made when asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""

    def __getitem__(self, rows: slice, /) -> NDArray[Any]:
        """The array of these rows."""


def check(pred: Rows, real: Rows, speaker: Rows, appropriate: NDArray[Any]) -> None:
    """Shapes, numbers and the matrix of one evaluation; all arrays are read once in search of NaN.

    Args:
        pred: Predictions (N, samples, T, 25).
        real: Real reactions (N, T, 25).
        speaker: Speakers (N, T, 25).
        appropriate: Matrix (N, N).

    Raises:
        InputError: For the first fault.
    """
    _shapes(pred, real, speaker)
    _matrix(appropriate, real.shape[0])
    for name, rows in (("real", real), ("speaker", speaker), ("predictions", pred)):
        check_finite(name, rows)


def _shapes(pred: Rows, real: Rows, speaker: Rows) -> None:
    for name, rows, axes in (("real", real, "N, T"), ("speaker", speaker, "N, T"), ("predictions", pred, "N, 10, T")):
        wanted = f"({axes}, {WIDTH})"
        if len(rows.shape) != wanted.count(",") + 1 or 0 in rows.shape:
            raise InputError(f"{name}: shape {tuple(rows.shape)} is not {wanted}; give an array with these axes.")
        if rows.shape[-1] != WIDTH:
            raise InputError(
                f"{name}: {rows.shape[-1]} columns, but a frame has {WIDTH} facial attributes; add or drop columns."
            )
    clips, frames = real.shape[:2]
    for name, rows in (("speaker", speaker), ("predictions", pred)):
        if rows.shape[0] != clips:
            raise InputError(f"{name}: {rows.shape[0]} clips where real has {clips}; give one row a clip in both.")
        if rows.shape[-2] != frames:
            raise InputError(f"{name}: {rows.shape[-2]} frames a clip where real has {frames}; cut them to one length.")
    if frames < 2:
        raise InputError("real: clips of one frame have no course to compare; give at least 2 frames.")


def _matrix(appropriate: NDArray[Any], clips: int) -> None:
    if appropriate.shape != (clips, clips):
        raise InputError(
            f"appropriate: shape {appropriate.shape} is not ({clips}, {clips}), one row and column a clip."
        )
    if not np.isin(appropriate, (0, 1)).all():
        raise InputError("appropriate: it holds values other than 0 and 1; mark appropriate reactions with 1.")
    missing = np.flatnonzero(np.diagonal(appropriate) != 1)
    if len(missing):
        raise InputError(
            f"appropriate: the diagonal is 0 for clip {missing[0]} ({len(missing)} of {clips}); set it to 1, since a "
            "speaker's own listener is always appropriate."
        )


def check_finite(name: str, rows: Rows) -> None:
    """That all values are finite numbers.

    Raises:
        InputError: With the first row that has another.
    """
    for start in range(0, rows.shape[0], BLOCK):
        block = rows[start : start + BLOCK]
        if block.dtype.kind not in "fiub":
            raise InputError(f"{name}: values of type {block.dtype} are not numbers; save it as float32.")
        if not np.isfinite(block).all():
            bad = int(np.argwhere(~np.isfinite(block))[0][0]) + start
            raise InputError(f"{name}: row {bad} holds NaN or infinity; fill in or leave out such frames first.")
