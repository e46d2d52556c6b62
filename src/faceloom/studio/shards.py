"""Stills as Parquet shards: whole identities per shard, drawn and written independently of one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from faceloom.facs import EXPRESSIONS
from faceloom.store.records import images, write_table
from faceloom.studio.camera import encode
from faceloom.studio.identity import sample_identity
from faceloom.studio.poses import poses
from faceloom.studio.stills import Still, sample_direction, sample_still
from faceloom.studio.truth import fixed, label_columns
from faceloom.studio.units import UNITS

Floats = npt.NDArray[np.float32]

IDENTITIES: Final = 25
"""Per shard: some 125 stills, two megabytes, and two dozen jobs for the workers."""

STREAM, POSED_STREAM = 2, 3
QUALITY: Final = 92
REST: Final = np.zeros(len(UNITS), np.float32)


def shard_count(identities: int) -> int:
    """Number of shards."""
    return -(-identities // IDENTITIES)


def shard_name(shard: int) -> str:
    """File name."""
    return f"shard-{shard:03d}.parquet"


def write_shard(out: Path, seed: int, shard: int, identities: int, per_identity: int, size: int) -> int:
    """Write one shard of random faces with a row group per identity; returns its rows."""
    tables = (stills_table(seed, who, per_identity, size) for who in _people(shard, identities))
    return write_table(out / shard_name(shard), tables)


def write_posed_shard(out: Path, seed: int, shard: int, identities: int, size: int) -> int:
    """Write one shard of posed expressions with a row group per identity; returns its rows."""
    return write_table(out / shard_name(shard), (posed_table(seed, who, size) for who in _people(shard, identities)))


def _people(shard: int, identities: int) -> range:
    return range(shard * IDENTITIES, min(identities, (shard + 1) * IDENTITIES))


def stills_table(seed: int, identity: int, count: int, size: int) -> pa.Table:
    """The stills of one identity, the first at rest; depends on nothing but the arguments."""
    rng = np.random.default_rng([seed, STREAM, identity])
    return _table(identity, list(draw(rng, [REST, *[None] * (count - 1)], size)))


def posed_table(seed: int, identity: int, size: int) -> pa.Table:
    """Each expression once, by one person; `expression` is what was asked for."""
    rng = np.random.default_rng([seed, POSED_STREAM, identity])
    table = _table(identity, list(draw(rng, poses(rng), size)))
    column = table.schema.get_field_index("expression")
    return table.set_column(column, "expression", pa.array(EXPRESSIONS))


def _table(identity: int, stills: list[Still]) -> pa.Table:
    columns: dict[str, Any] = {
        "identity": pa.array(np.full(len(stills), identity, np.int32)),
        "image": images(encode(still.image, QUALITY) for still in stills),
        **label_columns(np.stack([still.units for still in stills])),
    }
    for name in ("yaw", "pitch", "roll"):
        columns[name] = pa.array(np.array([getattr(still, name) for still in stills], np.float32))
    for name in ("keypoints15", "landmarks68", "visible68"):
        columns[name] = fixed(np.stack([getattr(still, name) for still in stills]))
    columns["occlusion"] = pa.array(np.array([still.occlusion for still in stills], np.float32))
    columns["units"] = fixed(np.stack([still.units for still in stills]))
    return pa.table(columns)


def draw(rng: np.random.Generator, faces: Sequence[Floats | None], size: int) -> Iterator[Still]:
    """A still of one new identity for each face: labelled weights (52,), or None for a random one."""
    identity, direction = sample_identity(rng), sample_direction(rng)
    for units in faces:
        yield sample_still(rng, identity, size=size, units=units, direction=direction)


def index_table(rows: list[int]) -> pa.Table:
    """Index of the shards, in order."""
    names = [shard_name(shard) for shard in range(len(rows))]
    return pa.table({"shard": pa.array(names), "rows": pa.array(rows, pa.int64())})
