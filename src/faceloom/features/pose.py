"""Head rotation and translation per frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from faceloom.features import openface
from faceloom.features.face_table import from_lists
from faceloom.features.head_pose import align, angles_of, translation
from faceloom.features.landmarks import N_LANDMARKS
from faceloom.store import Clip, write_table

Array = npt.NDArray[np.float32]

ANGLES: Final = ("yaw", "pitch", "roll")
SHIFTS: Final = ("tx", "ty", "tz")
COLUMNS: Final = ("is_face", "source", "landmarks")


@dataclass(frozen=True)
class Pose:
    """Writes `data/pose` from the same source as `data/facial`: landmarks, the OpenFace CSV or the truth table.

    Attributes:
        model: Folder of the action-unit estimator, whose template defines a head that looks straight ahead.
        digest: Hash of its files.
        long_side: Of the pictures, `decode.long_side`.
    """

    name: ClassVar[str] = "pose"
    version: ClassVar[int] = 1

    model: str = "models/action_units"
    digest: str = ""
    long_side: int = 640
    _template: Array | None = field(default=None, init=False, repr=False, compare=False)

    def setup(self, device: str) -> None:  # noqa: ARG002 - geometry runs on the CPU
        """Load the template."""
        from faceloom.tasks.action_units.model import load

        object.__setattr__(self, "_template", load(Path(self.model)).template)

    def __call__(self, clip: Clip, out: Path) -> dict[str, Any]:
        """Write the clip's rows; no summary."""
        write_table(out / "table.parquet", self._rows(clip))
        return {}

    def _rows(self, clip: Clip) -> Iterator[pa.Table]:
        first = 0
        for chunk in clip.tables["facial"].chunks(list(COLUMNS)):
            source = chunk["source"][0].as_py() if len(chunk) else "estimator"
            read = {"estimator": self._estimate, "openface": _openface, "truth": _truth}[source]
            angles, shifts = read(clip, chunk, first)
            yield _table(chunk["is_face"], angles, shifts, first)
            first += len(chunk)

    def _estimate(self, clip: Clip, chunk: pa.Table, first: int) -> tuple[Array, Array]:  # noqa: ARG002
        assert self._template is not None, "setup() comes first"
        landmarks = from_lists(chunk["landmarks"], N_LANDMARKS, 3)
        angles, shifts = np.full((2, len(chunk), 3), np.nan, dtype=np.float32)
        seen = np.isfinite(landmarks).all(axis=(1, 2))
        if seen.any():
            aligned = align(landmarks[seen], self._template)
            angles[seen] = angles_of(aligned.rotation)
            shifts[seen] = translation(aligned, *self._size(clip))
        return angles, shifts

    def _size(self, clip: Clip) -> tuple[float, float]:
        """Width and height of the analysis pictures."""
        width, height = clip.row["width"], clip.row["height"]
        if (clip.row.get("rotation") or 0) % 180:
            width, height = height, width
        scale = min(1.0, self.long_side / max(width, height))
        return width * scale, height * scale


def _openface(clip: Clip, chunk: pa.Table, first: int) -> tuple[Array, Array]:
    rows, last = openface.read(clip.sidecars["openface"]), first + len(chunk)
    angles = openface.head_angles(openface.on_grid(rows, openface.ROTATION, first, last))
    return angles, openface.on_grid(rows, openface.TRANSLATION, first, last)


def _truth(clip: Clip, chunk: pa.Table, first: int) -> tuple[Array, Array]:
    rows = pq.read_table(clip.sidecars["truth"], columns=[*ANGLES, *SHIFTS]).slice(first, len(chunk))
    angles, shifts = np.full((2, len(chunk), 3), np.nan, dtype=np.float32)
    angles[: len(rows)] = np.stack([rows[name].to_numpy() for name in ANGLES], axis=1)
    shifts[: len(rows)] = np.stack([rows[name].to_numpy() for name in SHIFTS], axis=1)
    return angles, shifts


def _table(is_face: pa.ChunkedArray, angles: Array, shifts: Array, first: int) -> pa.Table:
    columns = dict(zip((*ANGLES, *SHIFTS), np.concatenate([angles, shifts], axis=1).T, strict=True))
    return pa.table(
        {
            "frame": pa.array(np.arange(first, first + len(is_face), dtype=np.int32)),
            **{name: pa.array(np.ascontiguousarray(values), pa.float32()) for name, values in columns.items()},
            "is_face": is_face,
        }
    )
