"""One window of a clip's facial behaviour, and the columns of `data/facial` that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from faceloom.facs import AFFECT, AU_COLUMNS, AUS, EXPRESSIONS
from faceloom.features.iris import N_POINTS
from faceloom.features.landmarks import N_LANDMARKS
from faceloom.features.mouth_texture import SIZE

Array = npt.NDArray[np.float32]

WINDOW: Final = 256
SUBPIXELS: Final = 64
"""Stored coordinates are multiples of 1/64 pixel: far below the networks' noise, and Parquet packs them better."""


@dataclass(frozen=True)
class FaceWindow:
    """Facial behaviour of n frames; NaN where unknown. Coordinates in analysis pixels, iris in the eye frame."""

    is_face: npt.NDArray[np.bool_]
    units: Array
    affect: Array
    expressions: Array
    landmarks: Array
    landmarks68: Array
    keypoints15: Array
    iris: Array
    texture: Array
    """(n, mouth_texture.SIZE): read by the estimator, not stored."""
    confidence: Array

    @classmethod
    def empty(cls, n: int) -> FaceWindow:
        """`n` frames without a face, to be filled in place."""
        shapes: dict[str, tuple[int, ...]] = {
            "units": (len(AUS),),
            "affect": (len(AFFECT),),
            "expressions": (len(EXPRESSIONS),),
            "landmarks": (N_LANDMARKS, 3),
            "landmarks68": (68, 2),
            "keypoints15": (15, 2),
            "iris": (2, N_POINTS, 2),
            "texture": (SIZE,),
            "confidence": (),
        }
        arrays = {name: np.full((n, *shape), np.nan, dtype=np.float32) for name, shape in shapes.items()}
        return cls(is_face=np.zeros(n, dtype=bool), **arrays)

    def __len__(self) -> int:
        return len(self.is_face)

    def __getitem__(self, rows: slice) -> FaceWindow:
        """Some of the frames."""
        return FaceWindow(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def to_table(window: FaceWindow, first: int, source: str) -> pa.Table:
    """The window as rows of `data/facial` that begin at frame `first`."""
    scalars = {
        **dict(zip(AU_COLUMNS, window.units.T, strict=True)),
        **dict(zip(AFFECT, window.affect.T, strict=True)),
        **dict(zip(EXPRESSIONS, window.expressions.T, strict=True)),
    }
    columns: dict[str, Any] = {
        "frame": pa.array(np.arange(first, first + len(window), dtype=np.int32)),
        "is_face": pa.array(window.is_face),
        **{name: pa.array(np.ascontiguousarray(values), pa.float32()) for name, values in scalars.items()},
        "landmarks": _lists(window.landmarks),
        "landmarks68": _lists(window.landmarks68),
        "keypoints15": _lists(window.keypoints15),
        "iris": _lists(window.iris, subpixels=4096),
        "confidence": pa.array(window.confidence, pa.float32()),
        "source": pa.array([source] * len(window), pa.string()),
    }
    return pa.table(columns)


def _lists(values: Array, subpixels: int = SUBPIXELS) -> pa.FixedSizeListArray:
    return as_lists((np.round(values * subpixels) / subpixels).astype(np.float32))


def as_lists(flat: Array) -> pa.FixedSizeListArray:
    """An array (n, ...) as a list column."""
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat[0].size if len(flat) else 1)


def from_lists(column: pa.ChunkedArray, *shape: int) -> Array:
    """A list column as an array (n, *shape)."""
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, dtype=np.float32).reshape(len(column), *shape)
