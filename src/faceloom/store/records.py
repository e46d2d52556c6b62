"""What a stage maps over, and how one clip's record is written and read back window by window."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from faceloom.errors import InputError

IMAGE: Final = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""Hugging Face's convention for images in Parquet."""


@dataclass(frozen=True)
class ClipTable:
    """One clip's rows inside a shard: a run of row groups."""

    path: Path
    first_group: int
    groups: int

    def chunks(self, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """Yield the rows window by window, so that memory does not grow with the clip."""
        with pq.ParquetFile(self.path) as file:
            for group in range(self.first_group, self.first_group + self.groups):
                yield file.read_row_group(group, columns=None if columns is None else list(columns))

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows at once."""
        with pq.ParquetFile(self.path) as file:
            groups = range(self.first_group, self.first_group + self.groups)
            return file.read_row_groups(list(groups), columns=None if columns is None else list(columns))


@dataclass(frozen=True)
class Clip:
    """One recording as a stage sees it: its catalog row and what earlier stages made of it.

    `digest` identifies the content of everything that the stage reads of this clip.
    """

    clip: str
    digest: str
    n_frames: int
    source: Path
    row: Mapping[str, Any] = field(hash=False)
    media: Mapping[str, Path] = field(default_factory=dict, hash=False)
    tables: Mapping[str, ClipTable] = field(default_factory=dict, hash=False)
    sidecars: Mapping[str, Path] = field(default_factory=dict, hash=False)


def slug(clip: str) -> str:
    """A file name for a clip id: ASCII, readable, unique (the id's hash is part of it)."""
    ascii_ = unicodedata.normalize("NFKD", clip).encode("ascii", "ignore").decode()
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', ascii_).strip('-')[:80]}-{text_digest(clip)[:8]}"


def text_digest(*parts: str) -> str:
    """BLAKE2b over the parts, 32 hex digits."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """BLAKE2b of a file's content, read in blocks."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def images(encoded: Iterable[bytes | None]) -> pa.StructArray:
    """An image column from encoded images (JPEG or PNG bytes; None for no image)."""
    return pa.array([None if item is None else {"bytes": item, "path": None} for item in encoded], type=IMAGE)


def write_table(path: Path, chunks: Iterable[pa.Table]) -> int:
    """Write tables of one schema to Parquet, one row group each; returns the number of rows.

    Raises:
        ValueError: no chunk at all (a record needs a schema).
    """
    rows, writer = 0, None
    try:
        for chunk in chunks:
            table = chunk.replace_schema_metadata(None)
            writer = writer or parquet_writer(path, table.schema)
            writer.write_table(table, row_group_size=max(len(table), 1))
            rows += len(table)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise ValueError("no chunk to write")
    return rows


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer as all tables of clips are written: floats with their bytes in separate streams, then zstd.

    Measured values hardly repeat: for the 468 landmarks a dictionary takes twice the time and a fifth more bytes.
    """
    leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
    floats = [path for path, kind in leaves if pa.types.is_float32(kind) or pa.types.is_float64(kind)]
    others = [path for path, _ in leaves if path not in floats]
    return pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=others, use_byte_stream_split=floats or False
    )


def _leaves(path: str, kind: pa.DataType) -> Iterator[tuple[str, pa.DataType]]:
    """The columns that Parquet makes of one field: their paths and types."""
    if pa.types.is_struct(kind):
        for child in kind:
            yield from _leaves(f"{path}.{child.name}", child.type)
    elif pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) or pa.types.is_large_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    else:
        yield path, kind


def load_clips(
    catalog: Path,
    recordings: Path,
    folders: Mapping[str, Path] | None = None,
    sidecars: Sequence[str] = (),
) -> list[Clip]:
    """The catalog's usable clips with their records in earlier folders, sorted by id.

    Args:
        catalog: `data/catalog.parquet`.
        recordings: The folder that clip ids are relative to.
        folders: Outs of earlier stages by name; a clip that failed there is left out.
        sidecars: Catalog columns (`openface`, `truth`) whose files the stage reads; their content enters the digest.
    """
    rows = [row for row in pq.read_table(catalog).to_pylist() if row["status"] == "ok"]
    indexes = {name: _read_index(folder) for name, folder in (folders or {}).items()}
    usable = [row for row in rows if all(row["clip"] in index for index in indexes.values())]
    return [_clip(row, recordings, folders or {}, indexes, sidecars) for row in usable]


def _read_index(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "index.parquet"
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the stage that writes it first (`dvc repro`).")
    return {row["clip"]: row for row in pq.read_table(path).to_pylist() if row["status"] == "ok"}


def _clip(
    row: dict[str, Any],
    recordings: Path,
    folders: Mapping[str, Path],
    indexes: Mapping[str, dict[str, dict[str, Any]]],
    sidecars: Sequence[str],
) -> Clip:
    clip = row["clip"]
    records = {name: index[clip] for name, index in indexes.items()}
    beside = {name: recordings / row[name] for name in sidecars if row.get(name)}
    parts = [row["digest"], str(row["n_frames"]), repr(row.get("start"))] if not records else [str(row["n_frames"])]
    parts += [f"{name}={records[name]['digest']}" for name in sorted(records)]
    parts += [f"{name}={file_digest(path)}" for name, path in sorted(beside.items())]
    return Clip(
        clip=clip,
        digest=text_digest(*parts),
        n_frames=row["n_frames"],
        source=recordings / clip,
        row=row,
        media={name: folders[name] / record["media"] for name, record in records.items() if record["media"]},
        tables={
            name: ClipTable(
                folders[name] / f"shard-{record['shard']:03d}.parquet", record["first_group"], record["groups"]
            )
            for name, record in records.items()
            if record["shard"] >= 0
        },
        sidecars=beside,
    )
