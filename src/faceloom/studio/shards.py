"""Stills as Parquet shards: whole identities per shard, drawn and written independently of one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from faceloom.store.records import images, write_table
from faceloom.studio.camera import encode
from faceloom.studio.identity import sample_identity
from faceloom.studio.stills import Still, sample_direction, sample_still
from faceloom.studio.truth import fixed, label_columns

IDENTITIES: Final = 25
"""Per shard: some 125 stills, two megabytes, and two dozen jobs for the workers."""

STREAM: Final = 2
QUALITY: Final = 92


def shard_count(identities: int) -> int:
    """Number of shards."""
    return -(-identities // IDENTITIES)


def shard_name(shard: int) -> str:
    """File name."""
    return f"shard-{shard:03d}.parquet"


def write_shard(out: Path, seed: int, shard: int, identities: int, per_identity: int, size: int) -> int:
    """Write one shard with a row group per identity; returns its rows."""
    chosen = range(shard * IDENTITIES, min(identities, (shard + 1) * IDENTITIES))
    return write_table(out / shard_name(shard), (table(seed, who, per_identity, size) for who in chosen))


def table(seed: int, identity: int, count: int, size: int) -> pa.Table:
    """The stills of one identity, the first at rest; depends on nothing but the arguments."""
    stills = list(draw(np.random.default_rng([seed, STREAM, identity]), count, size))
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


def draw(rng: np.random.Generator, count: int, size: int) -> Iterator[Still]:
    """`count` stills of one new identity."""
    identity, direction = sample_identity(rng), sample_direction(rng)
    for k in range(count):
        yield sample_still(rng, identity, size=size, neutral=k == 0, direction=direction)


def index_table(rows: list[int]) -> pa.Table:
    """Index of the shards, in order."""
    names = [shard_name(shard) for shard in range(len(rows))]
    return pa.table({"shard": pa.array(names), "rows": pa.array(rows, pa.int64())})
