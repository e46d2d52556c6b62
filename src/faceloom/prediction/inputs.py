"""Which files were asked for: pictures and films, from paths and folders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from faceloom.errors import InputError
from faceloom.stills.pictures import SUFFIXES as PICTURES

FILMS: Final = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")


@dataclass(frozen=True)
class Source:
    """One file, and a name for what is written about it: unlike that of any other, without suffix."""

    path: Path
    name: str

    @property
    def is_film(self) -> bool:
        """Whether it is read as a film."""
        return self.path.suffix.lower() in FILMS


def sources(paths: Sequence[Path]) -> list[Source]:
    """The pictures and films of these paths, folders sorted and with all that lies below them.

    Raises:
        InputError: a path that is absent, of an unknown kind, or a folder that holds neither.
    """
    found = [entry for path in paths for entry in _of(path)]
    once = dict(found)  # a file may be named twice
    names = _distinct(once.values())
    return [Source(path, name) for path, name in zip(once, names, strict=True)]


def _of(path: Path) -> list[tuple[Path, str]]:
    """Files and their names below `path`."""
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if _known(file) and file.is_file()]
        if not files:
            raise InputError(f"{path}: neither a picture nor a film in this folder or below; name another one.")
        return [(file, file.relative_to(path).with_suffix("").as_posix()) for file in files]
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; correct the path.")
    if not _known(path):
        kinds = " ".join((*PICTURES, *FILMS))
        raise InputError(f"{path}: neither a picture nor a film by its name; known are {kinds}.")
    return [(path, path.stem)]


def _known(path: Path) -> bool:
    return path.suffix.lower() in (*PICTURES, *FILMS) and not path.name.startswith(".")


def _distinct(names: Iterable[str]) -> list[str]:
    """The names, with a number where one has been taken."""
    taken: dict[str, int] = {}
    result = []
    for name in names:
        unique = name
        while unique in taken:
            taken[name] += 1
            unique = f"{name}-{taken[name]}"
        taken[unique] = 1
        result.append(unique)
    return result
