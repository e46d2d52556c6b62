"""A project's outs as the report reads them: everything but the catalog may be absent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from faceloom import store
from faceloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

Row = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """The root of a project whose DAG ran, wholly or in part."""

    root: Path

    @cached_property
    def catalog(self) -> list[Row]:
        """All rows of the catalog; raises InputError where it is missing."""
        path = self.root / "data/catalog.parquet"
        if not path.is_file():
            raise InputError(f"{path}: no such file; run `dvc repro` first, the report shows what it made.")
        rows: list[Row] = pq.read_table(path).to_pylist()
        return rows

    @property
    def synthetic(self) -> bool:
        """Whether all recordings come from the studio."""
        return bool(self.catalog) and all(row.get("layout") == "studio" for row in self.catalog)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change when a recording is added, removed or changed."""
        digest = blake2b(digest_size=8)
        for row in self.catalog:
            digest.update(f"{row['clip']}\0{row.get('digest')}\n".encode())
        return digest.hexdigest()

    def json(self, path: str) -> Any:
        """A JSON file's content, or None where it is absent; raises InputError for one that is broken."""
        file = self.root / path
        if not file.is_file():
            return None
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise InputError(f"{file}: not valid JSON (line {error.lineno}); run its stage again.") from None

    def index(self, folder: str) -> list[Row]:
        """The index rows of a per-clip out; empty where the stage has not run."""
        path = self.root / folder / "index.parquet"
        rows: list[Row] = pq.read_table(path).to_pylist() if path.is_file() else []
        return rows

    def shards(self, folder: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Those columns of every shard of an out, batch by batch."""
        for path in sorted((self.root / folder).glob("shard-*.parquet")):
            with pq.ParquetFile(path) as file:
                if set(columns) <= set(file.schema_arrow.names):
                    yield from file.iter_batches(columns=list(columns))

    def clips(self, **folders: str) -> list[store.Clip]:
        """The usable clips with their records in those outs that exist (`name="data/folder"`)."""
        paths = {name: self.root / folder for name, folder in folders.items()}
        present = {name: path for name, path in paths.items() if (path / "index.parquet").is_file()}
        return store.load_clips(self.root / "data/catalog.parquet", self.root, present)
