"""Bytes of a CSV to pixels in one pass, compiled: no Python object for a row's text, let alone for a pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Function = TypeVar("Function", bound=Callable[..., Any])
Bytes = npt.NDArray[np.uint8]

SOUND, FEW, MANY, NO_NUMBER, OUT_OF_RANGE, COLUMNS = range(6)
REASONS: Final = {
    FEW: "too few pixels",
    MANY: "too many pixels",
    NO_NUMBER: "a pixel is not a whole number",
    OUT_OF_RANGE: "a pixel is outside 0-255",
    COLUMNS: "not as many columns as the header has",
}
"""Of a row's status."""

NEWLINE, RETURN, TAB, SPACE, QUOTE, COMMA, MINUS, ZERO = (ord(c) for c in '\n\r\t ",-0')
TOO_LARGE: Final = 1_000
TEN, WHITE = np.uint32(10), np.uint32(255)


def _compiled(function: Function) -> Function:
    try:
        return cast("Function", numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # an install without any writable folder for the cache
        return cast("Function", numba.njit(nogil=True)(function))


@_compiled
def _field_end(text: Bytes, at: int) -> int:
    """Where the field that starts at `at` ends: at a comma outside quotes, a newline or the end of the text."""
    quoted = False
    while at < len(text) and text[at] != NEWLINE and (quoted or text[at] != COMMA):
        if text[at] == QUOTE:
            quoted = not quoted
        at += 1
    return at


@_compiled
def _separates(c: int) -> bool:
    return c in (SPACE, QUOTE, RETURN, TAB)


@_compiled
def _pixel(text: Bytes, at: int) -> tuple[int, int, int]:
    """A number that starts at `at`: its value, where it ends and its status."""
    negative = text[at] == MINUS
    at += negative
    first, value = at, 0
    while at < len(text) and 0 <= text[at] - ZERO <= 9:
        value = min(value * 10 + text[at] - ZERO, TOO_LARGE)
        at += 1
    status = OUT_OF_RANGE if negative or value > 255 else SOUND
    while at < len(text) and text[at] != NEWLINE and text[at] != COMMA and not _separates(text[at]):
        first = at = at + 1  # something else than digits
    return value, at, NO_NUMBER if first == at else status


@_compiled
def _plain_pixels(text: Bytes, begin: int, image: Bytes) -> tuple[int, int]:
    """Fill `image` while sound numbers with one space after each follow; returns where they end and their count.

    Nearly all of a file is like this. Without branches on a number's length, which no processor can predict, and with
    unsigned indices, which need no check for negative ones, it takes a third of the time that `_pixels` would.
    """
    at, filled = np.uint64(begin), np.uint64(0)
    while filled < np.uint64(len(image)) and at + np.uint64(3) < np.uint64(len(text)):
        a = np.uint32(text[at] - ZERO)
        b = np.uint32(text[at + np.uint64(1)] - ZERO)
        c = np.uint32(text[at + np.uint64(2)] - ZERO)
        two = np.uint32(b < TEN)
        three = two & np.uint32(c < TEN)
        value = a
        if two:
            value = TEN * a + b
        if three:
            value = TEN * value + c
        end = at + np.uint64(1 + two + three)
        if text[end] != SPACE or a >= TEN or value > WHITE:
            break
        image[filled] = value
        filled, at = filled + np.uint64(1), end + np.uint64(1)
    return int(np.int64(at)), int(np.int64(filled))


@_compiled
def _pixels(text: Bytes, at: int, image: Bytes) -> tuple[int, int]:
    """Fill `image` with the numbers of the field that starts at `at`; returns where it ends and its status."""
    while at < len(text) and _separates(text[at]):
        at += 1
    at, filled = _plain_pixels(text, at, image)
    status = SOUND
    while at < len(text) and text[at] != NEWLINE and text[at] != COMMA:
        if _separates(text[at]):
            at += 1
        else:
            value, at, wrong = _pixel(text, at)
            status = max(status, wrong)
            if filled < len(image):
                image[filled] = value
            filled += 1
    if status == SOUND and filled != len(image):
        status = FEW if filled < len(image) else MANY
    return at, status


@_compiled
def scan(
    text: Bytes,
    column: int,
    spans: npt.NDArray[np.int32],
    images: Bytes,
    status: npt.NDArray[np.int8],
) -> tuple[int, int]:
    """Read whole lines until `status` is full; returns how many rows and how many bytes they took.

    Args:
        text: Lines of comma-separated, perhaps quoted fields; a last line without a newline is left for later.
        column: Of the pixels (numbers between spaces), or -1.
        spans: (rows, columns, 2), filled with where each field starts and ends.
        images: (rows, pixels), filled.
        status: (rows,), filled with SOUND or what is wrong.
    """
    row = at = taken = 0
    while row < len(status):
        field, status[row] = 0, SOUND
        while at < len(text):
            begin = at
            if field == column:
                at, status[row] = _pixels(text, at, images[row])
            else:
                at = _field_end(text, at)
            if field < spans.shape[1]:
                spans[row, field, 0], spans[row, field, 1] = begin, at
            field += 1
            if at == len(text) or text[at] == NEWLINE:
                break
            at += 1
        if at == len(text):
            break
        at += 1
        if field != spans.shape[1]:
            status[row] = COLUMNS
        blank = field == 1 and (begin == at - 1 or text[begin] == RETURN)
        row, taken = row + (not blank), at
    return row, taken
