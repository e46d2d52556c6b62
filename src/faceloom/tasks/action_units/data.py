"""Packed stills: landmarks, eyelids and truth of the studio's faces, all that training and evaluation read.

`action_units.h5` holds for N stills: `landmarks` (N, 468, 3) and `iris` (N, 2, 76, 2) as the networks see them, and
`texture` (N, 640) of the mouth;
`units` (N, 17) 0-5, `affect` (N, 2), `expression` (N,) as an index into `facs.EXPRESSIONS`, `angles` (N, 3) yaw, pitch
and roll in degrees, `keypoints15` (N, 15, 2) and `landmarks68` (N, 68, 2) in the still's pixels, the truth; `identity`
(N,) and `test` (N,), whole identities.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
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


def pack(stills: Path, out: Path, test_fraction: float) -> int:
    """Run the landmark networks on every still of `data/stills` and write `out`; returns the number of stills.

    A still in which the landmarker finds no face (an occluder may cover it) is left out.

    Raises:
        InputError: there are no stills, or no face in any of them.
    """
    rows = _extract(_batches(stills))
    if not rows["units"].size:
        raise InputError(f"{stills}: no still shows a face; set studio.identities and studio.stills_per_identity.")
    rows["test"] = held_out(rows["identity"], test_fraction)
    out.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(out, "w") as file:
        for name in (field.name for field in fields(Stills)):
            file.create_dataset(name, data=rows[name], track_times=False)
    return len(rows["units"])


def load(packed: Path) -> Stills:
    """Read a packed file."""
    with h5py.File(packed, "r") as file:
        return Stills(**{field.name: file[field.name][:] for field in fields(Stills)})


def held_out(identity: npt.NDArray[np.int32], fraction: float) -> npt.NDArray[np.bool_]:
    """Which stills belong to the held-out identities: a share of them (at least one), chosen by hash."""
    people = sorted(set(identity.tolist()), key=lambda person: blake2b(str(person).encode()).hexdigest())
    return np.isin(identity, people[: max(1, math.ceil(fraction * len(people)))])


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


def _batches(stills: Path) -> list[tuple[str, int]]:
    """Pieces of work: a shard and the first row of a batch."""
    import pyarrow.parquet as pq

    index = stills / "index.parquet"
    if not index.is_file():
        raise InputError(f"{index}: no such file; run the studio stage first (`dvc repro studio`).")
    rows = {shard.name: pq.read_metadata(shard).num_rows for shard in sorted(stills.glob("shard-*.parquet"))}
    return [(str(stills / name), first) for name, count in rows.items() for first in range(0, count, BATCH)]


def _extract(batches: Sequence[tuple[str, int]]) -> dict[str, npt.NDArray[Any]]:
    from faceloom import progress
    from faceloom.runtime import Runtime
    from faceloom.store.executors import execute
    from faceloom.tasks.action_units.stills import read_batch, start

    results = {}
    with progress.bar("landmarks of stills", total=len(batches)) as advance:
        for batch, result in execute(Runtime.load(), start, read_batch, batches):
            results[batch] = result
            advance()
    ordered = [results[batch] for batch in batches]  # workers finish in any order
    return {name: np.concatenate([result[name] for result in ordered]) for name in _names(ordered)}


def _names(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    return iter(results[0] if results else ())
