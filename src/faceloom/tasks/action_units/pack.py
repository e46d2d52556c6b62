"""Packing the studio's stills: the landmark networks run on each, over processes, into the file that `data` reads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from faceloom import progress
from faceloom.errors import InputError
from faceloom.runtime import Runtime
from faceloom.store.executors import execute
from faceloom.tasks.action_units.data import BATCH, Stills
from faceloom.tasks.action_units.stills import read_batch, start


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


def held_out(identity: npt.NDArray[np.int32], fraction: float) -> npt.NDArray[np.bool_]:
    """Which stills belong to the held-out identities: a share of them (at least one), chosen by hash."""
    people = sorted(set(identity.tolist()), key=lambda person: blake2b(str(person).encode()).hexdigest())
    return np.isin(identity, people[: max(1, math.ceil(fraction * len(people)))])


def _batches(stills: Path) -> list[tuple[str, int]]:
    """Pieces of work: a shard and the first row of a batch."""
    index = stills / "index.parquet"
    if not index.is_file():
        raise InputError(f"{index}: no such file; run the studio stage first (`dvc repro studio`).")
    rows = {shard.name: pq.read_metadata(shard).num_rows for shard in sorted(stills.glob("shard-*.parquet"))}
    return [(str(stills / name), first) for name, count in rows.items() for first in range(0, count, BATCH)]


def _extract(batches: Sequence[tuple[str, int]]) -> dict[str, npt.NDArray[Any]]:
    results = {}
    with progress.bar("landmarks of stills", total=len(batches)) as advance:
        for batch, result in execute(Runtime.load(), start, read_batch, batches):
            results[batch] = result
            advance()
    ordered = [results[batch] for batch in batches]  # workers finish in any order
    return {name: np.concatenate([result[name] for result in ordered]) for name in _names(ordered)}


def _names(results: Sequence[dict[str, Any]]) -> Iterator[str]:
    return iter(results[0] if results else ())
