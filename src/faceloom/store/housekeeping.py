"""What the per-clip cache holds, and freeing what the last runs did not use."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faceloom.store.cache import RECORD, sweep


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
    """Remove entries that each extractor's last run did not use; returns their count and bytes."""
    sweep(root)
    count = size = 0
    for folder in _extractors(root):
        used = set(_last(folder).get("keys", ()))
        for entry in _entries(folder):
            if entry.name not in used:
                count, size = count + 1, size + _size(entry)
                shutil.rmtree(entry)
    return count, size


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


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
