"""Which files below the recordings folder are recordings, OpenFace CSVs and truth tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from faceloom.errors import InputError
from faceloom.store import sidecars

VIDEO: Final = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".m4v", ".3gp")
AUDIO: Final = (".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus")
EXTENSIONS: Final = frozenset(VIDEO + AUDIO)
"""Of recordings, any case."""


@dataclass
class Found:
    """Files below the recordings folder by what they are; ids are POSIX paths relative to it, sorted."""

    recordings: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    truths: list[str] = field(default_factory=list)


def scan(root: Path) -> Found:
    """Look through a folder and the folders in it, linked ones included; what begins with a dot is not there.

    Raises:
        InputError: no such folder.
    """
    if not root.is_dir():
        raise InputError(
            f"{root}: no such folder; set catalog.recordings in params.yaml to the folder of your recordings."
        )
    found = Found()
    for path in _walk(root, set()):
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() in EXTENSIONS or path.is_dir():
            found.recordings.append(name)
        elif name.endswith(sidecars.TRUTH):
            found.truths.append(name)
        elif path.suffix.lower() == ".csv" and sidecars.openface_columns(path):
            found.tables.append(name)
    return found


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    """Files in sorted order; folders that cannot be read or have a recording's name: they get a row with a reason."""
    if (real := os.path.realpath(folder)) in seen:  # a link back up
        return
    seen.add(real)
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        yield folder
        return
    for path in inside:
        if path.name.startswith("."):
            continue
        if path.is_dir() and path.suffix.lower() not in EXTENSIONS:
            yield from _walk(path, seen)
        else:
            yield path
