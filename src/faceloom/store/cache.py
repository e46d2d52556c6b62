"""The content-addressed cache of per-clip records: a killed run resumes, one new clip costs one clip.

An entry is a folder that appears by one rename, so it is whole or absent. It lies outside the outs of the DAG.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from faceloom.store.records import Clip, file_digest, text_digest

TABLE, MEDIA, RECORD = "table.parquet", "media.mkv", "record.json"


class Extractor(Protocol):
    """Turns one clip into one record. A frozen dataclass: `version` and the init fields are its identity."""

    name: ClassVar[str]
    version: ClassVar[int]

    def setup(self, device: str) -> None:
        """Load networks and the like, once per worker."""

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        """Write `table.parquet` and/or `media.mkv` into `out`; return the summary columns."""


def identity(extractor: Extractor) -> str:
    """What a result depends on besides the clip: class name, version and init fields."""
    fields = {f.name: getattr(extractor, f.name) for f in dataclasses.fields(extractor) if f.init}  # type: ignore[arg-type]
    return json.dumps([extractor.name, extractor.version, fields], sort_keys=True, default=str)


def key(extractor: Extractor, clip: Clip) -> str:
    """The cache key of one record."""
    return text_digest(clip.digest, identity(extractor))


@dataclass(frozen=True)
class Entry:
    """A finished record."""

    folder: Path
    digest: str
    summary: Mapping[str, Any]

    @property
    def table(self) -> Path | None:
        """The record's rows."""
        return path if (path := self.folder / TABLE).is_file() else None

    @property
    def media(self) -> Path | None:
        """The record's media file."""
        return path if (path := self.folder / MEDIA).is_file() else None


@dataclass(frozen=True)
class Cache:
    """Records of one extractor by key, below `root/<name>/`."""

    root: Path
    name: str

    def folder(self, key: str) -> Path:
        """Where the entry of a key lies, or would lie."""
        return self.root / self.name / key[:2] / key

    def get(self, key: str) -> Entry | None:
        """The finished record of a key, or None."""
        record = self.folder(key) / RECORD
        if not record.is_file():
            return None
        data = json.loads(record.read_text(encoding="utf-8"))
        return Entry(record.parent, data["digest"], data["summary"])

    def put(self, key: str, make: Callable[[Path], Mapping[str, Any]]) -> Entry:
        """Run `make` on an empty folder and publish it whole; on any error nothing stays behind."""
        work = self.root / "partial" / f"{os.getpid()}-{uuid.uuid4().hex}"
        work.mkdir(parents=True)
        try:
            summary = dict(make(work))
            digest = text_digest(*_contents(work), json.dumps(summary, sort_keys=True))
            (work / RECORD).write_text(json.dumps({"digest": digest, "summary": summary}, sort_keys=True), "utf-8")
            _publish(work, self.folder(key))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return Entry(self.folder(key), digest, summary)

    def note(self, keys: Iterable[str], hits: int, computed: int, failed: int) -> None:
        """Remember what the last run used, for `faceloom cache stats` and `gc`."""
        last = {"keys": sorted(set(keys)), "hits": hits, "computed": computed, "failed": failed}
        folder = self.root / self.name
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"last.{os.getpid()}"
        partial.write_text(json.dumps(last), encoding="utf-8")
        partial.replace(folder / "last.json")


def _contents(folder: Path) -> list[str]:
    return [f"{path.name}={file_digest(path)}" for path in sorted(folder.iterdir())]


def _publish(work: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        work.rename(target)
    except OSError:
        # Another worker published the same content first: equal keys give equal bytes, either copy will do.
        if not (target / RECORD).is_file():
            raise


def sweep(root: Path) -> None:
    """Remove the unfinished work of processes that are gone (killed runs)."""
    for work in (root / "partial").glob("*-*"):
        if not _alive(int(work.name.split("-")[0])):
            shutil.rmtree(work, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
