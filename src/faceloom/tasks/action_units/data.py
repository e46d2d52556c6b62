"""Packed stills: landmarks, eyelids and truth of the studio's faces, all that training and evaluation read.

`action_units.h5` holds for N stills: `landmarks` (N, 468, 3) and `iris` (N, 2, 76, 2) as the networks see them, and
`texture` (N, 640) of the mouth;
`units` (N, 17) 0-5, `affect` (N, 2), `expression` (N,) as an index into `facs.EXPRESSIONS`, `angles` (N, 3) yaw, pitch
and roll in degrees, `keypoints15` (N, 15, 2) and `landmarks68` (N, 68, 2) in the still's pixels, the truth; `identity`
(N,) and `test` (N,), whole identities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from faceloom.facs import AFFECT, AU_COLUMNS, EXPRESSIONS

if TYPE_CHECKING:
    import pyarrow as pa

Array = npt.NDArray[np.float32]

ANGLES: Final = ("yaw", "pitch", "roll")
BATCH: Final = 64


@dataclass(frozen=True)
class Stills:
    """Packed stills in memory; see the module for shapes and units."""

    landmarks: Array
    iris: Array
    texture: Array
    units: Array
    affect: Array
    expression: npt.NDArray[np.int8]
    angles: Array
    keypoints15: Array
    landmarks68: Array
    identity: npt.NDArray[np.int32]
    test: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, rows: Any) -> Stills:
        """The stills that an index or a boolean array chooses."""
        return Stills(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def load(packed: Path) -> Stills:
    """Read a packed file."""
    with h5py.File(packed, "r") as file:
        return Stills(**{field.name: file[field.name][:] for field in fields(Stills)})


def truth(table: pa.Table) -> dict[str, npt.NDArray[Any]]:
    """The labels of a table of stills."""

    def stack(names: Sequence[str]) -> Array:
        return np.stack([table[name].to_numpy() for name in names], axis=1).astype(np.float32)

    def lists(name: str) -> Array:
        return np.array(table[name].to_pylist(), dtype=np.float32).reshape(len(table), -1, 2)

    return {
        "units": stack(AU_COLUMNS),
        "affect": stack(AFFECT),
        "expression": np.array([EXPRESSIONS.index(name) for name in table["expression"].to_pylist()], dtype=np.int8),
        "angles": stack(ANGLES),
        "keypoints15": lists("keypoints15"),
        "landmarks68": lists("landmarks68"),
        "identity": table["identity"].to_numpy().astype(np.int32),
    }
