"""What the per-clip cache holds, and freeing what the last runs did not use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceloom.store.cache import RECORD, sweep

STUDIO = "studio"
"""Folder of the parsed head and the compiled kernels, named after what they were made from."""


@dataclass(frozen=True)
class Stats:
    """One extractor's part of the cache; sizes in bytes, counts of the last run."""

    name: str
    entries: int
    size: int
    unused: int
    hits: int
    computed: int
    failed: int


def stats(root: Path) -> list[Stats]:
    """Entries, size, and the last run's hits and misses, per extractor."""
    return [_stats(folder) for folder in _extractors(root)]


def gc(root: Path) -> tuple[int, int]:
    """Remove what each extractor's last run did not use and what the studio replaced; returns count and bytes."""
    sweep(root)
    count = size = 0
    for folder in _extractors(root):
        used = set(_last(folder).get("keys", ()))
        for entry in _entries(folder):
            if entry.name not in used:
                count, size = count + 1, size + _size(entry)
                shutil.rmtree(entry)
    for path in _replaced(root / STUDIO):
        count, size = count + 1, size + _size(path)
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return count, size


def _replaced(folder: Path) -> list[Path]:
    """All but the newest of each kind: `head-<version>.npz`, `kernels-<version>`."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*-*"), key=lambda path: path.stat().st_mtime):
        kinds.setdefault(path.name.split("-")[0], []).append(path)
    return [path for versions in kinds.values() for path in versions[:-1]]


def _stats(folder: Path) -> Stats:
    last, entries = _last(folder), list(_entries(folder))
    used = set(last.get("keys", ()))
    counts = (last.get(name, 0) for name in ("hits", "computed", "failed"))
    unused = sum(entry.name not in used for entry in entries)
    return Stats(folder.name, len(entries), sum(map(_size, entries)), unused, *counts)


def _extractors(root: Path) -> list[Path]:
    return sorted(path.parent for path in root.glob("*/last.json"))


def _entries(folder: Path) -> Iterator[Path]:
    return (record.parent for record in sorted(folder.glob(f"??/*/{RECORD}")))


def _last(folder: Path) -> dict[str, Any]:
    path = folder / "last.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _size(path: Path) -> int:
    return sum(part.stat().st_size for part in (path, *path.rglob("*")) if part.is_file())
