"""Assembling the records of many clips into shards with an index: a few files, equal bytes for equal content."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from faceloom.store.cache import Entry
from faceloom.store.records import parquet_writer, slug, text_digest

SHARDS: Final = 16
"""Upper bound on files per out. Part of the format: changing it moves every clip."""

BASE: Final = ("clip", "status", "error", "shard", "rows", "first_group", "groups", "digest", "media")


@dataclass(frozen=True)
class Result:
    """What became of one clip: an entry, or the reason why there is none."""

    clip: str
    entry: Entry | None = None
    error: str | None = None
    status: str = "ok"


def shard_of(clip: str) -> int:
    """A stable shard number for a clip id."""
    return int(text_digest(clip)[:8], 16) % SHARDS


def assemble(results: Sequence[Result], out: Path) -> None:
    """Write `index.parquet`, the shards and the media files of `out`, all or nothing."""
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        rows = _write_shards(sorted(results, key=lambda result: result.clip), partial)
        pq.write_table(_index(rows), partial / "index.parquet", compression="zstd")
        shutil.rmtree(out, ignore_errors=True)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_shards(results: Sequence[Result], out: Path) -> list[dict[str, Any]]:
    rows = []
    writers: dict[int, pq.ParquetWriter] = {}
    groups: dict[int, int] = {}
    with ExitStack() as stack:
        for result in results:
            row = _base_row(result)
            if result.entry is not None:
                if result.entry.table is not None:
                    shard = shard_of(result.clip)
                    first = groups.get(shard, 0)
                    count, n_groups = _append(result.clip, result.entry.table, shard, writers, stack, out)
                    groups[shard] = first + n_groups
                    row |= {"shard": shard, "rows": count, "first_group": first, "groups": n_groups}
                if result.entry.media is not None:
                    row["media"] = _copy_media(result.clip, result.entry.media, out)
                row |= result.entry.summary
            rows.append(row)
    return rows


def _base_row(result: Result) -> dict[str, Any]:
    digest = result.entry.digest if result.entry else None
    values = (result.clip, result.status, result.error, -1, 0, -1, 0, digest, None)
    return dict(zip(BASE, values, strict=True))


def _append(
    clip: str, table: Path, shard: int, writers: dict[int, pq.ParquetWriter], stack: ExitStack, out: Path
) -> tuple[int, int]:
    with pq.ParquetFile(table) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            rows = rows.add_column(0, "clip", pa.array([clip] * len(rows), pa.string()))
            if shard not in writers:
                path = out / f"shard-{shard:03d}.parquet"
                writers[shard] = stack.enter_context(parquet_writer(path, rows.schema))
            writers[shard].write_table(rows, row_group_size=max(len(rows), 1))
        return file.metadata.num_rows, file.num_row_groups


def _copy_media(clip: str, media: Path, out: Path) -> str:
    relative = f"media/{slug(clip)}{media.suffix}"
    (out / "media").mkdir(exist_ok=True)
    shutil.copyfile(media, out / relative)  # not a link: DVC may make its copy read-only
    return relative


def _index(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    extra = sorted({name for row in rows for name in row} - set(BASE))
    types = {"shard": pa.int32(), "rows": pa.int64(), "first_group": pa.int32(), "groups": pa.int32()}
    base = {name: pa.array([row[name] for row in rows], types.get(name, pa.string())) for name in BASE}
    return pa.table(base | {name: pa.array([row.get(name) for row in rows]) for name in extra})
