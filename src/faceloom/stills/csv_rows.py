"""CSVs whose rows are pictures, read in blocks: plain, gzip or zip."""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib

from faceloom.errors import InputError
from faceloom.stills.faces import CHUNK
from faceloom.stills.scan import COLUMNS, NEWLINE, REASONS, SOUND, scan

BLOCK: Final = 1 << 20
"""Bytes read at a time: as many as stay in a processor's cache until they are scanned."""

DAMAGED_GZIP = cast("type[Exception]", isal_zlib.error)  # which its stubs call an instance

LONGEST: Final = 1 << 24
"""Bytes without a newline that are no row any more."""


@dataclass(frozen=True)
class Rows:
    """N rows: where their fields lie in `text`, and their pictures; `first` is the number of the first, from 1."""

    first: int
    text: bytes
    spans: npt.NDArray[np.int32]
    images: npt.NDArray[np.uint8]
    status: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.status)

    def place(self, row: int) -> str:
        """How people find a row: 1 is the first below the header."""
        return f"row {self.first + row}"

    def fault(self, row: int) -> str | None:
        """What is wrong with a row, if anything."""
        return REASONS[int(self.status[row])] if self.status[row] != SOUND else None

    def fields(self, columns: Sequence[int]) -> Iterator[list[str]]:
        """Text of some fields of each row, without quotes and surrounding space; empty for a row that lacks columns."""
        lacking = [""] * len(columns)
        for spans, status in zip(self.spans[:, columns].tolist(), self.status.tolist(), strict=True):
            texts = (self.text[a:b].decode("utf-8", "replace").strip(' "\r\t') for a, b in spans)
            yield lacking if status == COLUMNS else list(texts)


def header(path: Path) -> list[str]:
    """Names of a CSV's columns, as written; raises InputError for an empty file or one that is no text."""
    start = b""
    for block in blocks(path):
        start += block
        if b"\n" in start or len(start) > BLOCK:
            break
    line = start.split(b"\n")[0]
    if not line.strip():
        raise InputError(f"{path}: an empty file; download the data set again.")
    try:
        return [name.strip() for name in next(csv.reader([line.decode("utf-8-sig")]))]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not a CSV in UTF-8; name a .csv, .gz or .zip of one.") from None


def rows(path: Path, n_columns: int, pixels: int, side: int) -> Iterator[Rows]:
    """The rows below the header, at most CHUNK at a time.

    Args:
        path: The CSV.
        n_columns: That its header has.
        pixels: Column of the pixels, -1 for none.
        side: Of the square pictures.
    """
    number, rest, skipped = 1, b"", False
    for block in blocks(path):
        rest += block
        if not skipped and b"\n" in rest:
            rest, skipped = rest[rest.index(b"\n") + 1 :], True
        while skipped:
            found, taken = _scan(rest, number, n_columns, pixels, side)
            if len(found):
                yield found
            number, rest = number + len(found), rest[taken:]
            if len(found) < CHUNK:
                break
        if len(rest) > LONGEST:
            raise InputError(f"{path}: row {number} has more than {LONGEST >> 20} MB; this is no CSV of pictures.")


def _scan(text: bytes, first: int, n_columns: int, pixels: int, side: int) -> tuple[Rows, int]:
    codes = np.frombuffer(text, np.uint8)
    # Room for more rows would stay in memory as long as the pictures do.
    lines = min(CHUNK, int(np.count_nonzero(codes == NEWLINE)))
    spans = np.zeros((lines, n_columns, 2), np.int32)
    images = np.zeros((lines, side * side), np.uint8)
    status = np.zeros(lines, np.int8)
    n, taken = scan(codes, pixels, spans, images, status)
    return Rows(first, text, spans[:n], images[:n].reshape(n, side, side), status[:n]), taken


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, unpacked where it is gzip or zip, with a newline at its end.

    Raises:
        InputError: the file cannot be opened, or is damaged.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
        yield from _zip(path) if magic == b"PK\x03\x04" else _gzip(path) if magic[:2] == b"\x1f\x8b" else _plain(path)
    except (OSError, EOFError, zlib.error, DAMAGED_GZIP, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read to its end ({error}); download it again.") from None
    yield b"\n"  # the last row may lack one


def _plain(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _zip(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith(".csv")]
        if len(names) != 1:
            raise InputError(f"{path}: holds {len(names)} CSVs instead of one; unpack it and name the one you mean.")
        with archive.open(names[0]) as file:
            while block := file.read(BLOCK):
                yield block


def _gzip(path: Path) -> Iterator[bytes]:
    """As `gzip.open` reads, at a quarter of its cost."""
    with igzip.open(path, "rb") as file:
        while block := file.read(BLOCK):
            yield block
