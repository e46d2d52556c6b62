"""Dynamic time warping as a compiled kernel that stops as soon as a known limit is out of reach.

The distance is the square root of the smallest sum of squared Euclidean distances over all warping paths, without a
window: Sakoe and Chiba (1978), Dynamic programming algorithm optimization for spoken word recognition, IEEE TASSP 26.

Cells are computed by anti-diagonals: those of one diagonal do not depend on each other, so the compiler makes vector
instructions of them. With one sequence stored backwards, the cells of a diagonal lie side by side in memory.

Sequences of sets (which action units are there) are stored as the bits of one integer a frame: the squared distance of
two frames is then the number of bits that differ, an eighth of the work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Array = NDArray[Any]

OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}
"""No fast-math: sums must come out in the same order as those of a plain implementation."""

SLACK: Final = 1e-9
"""Relative margin of every bound, far above rounding: what is within it is computed, so that minima stay exact."""


def kernel(function: Function) -> Function:
    """Compile a function; an install without a folder that can be written compiles in each process."""
    try:
        return cast("Function", numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError:  # numba found no folder for its cache
        return cast("Function", numba.njit(**OPTIONS)(function))


def dtw(x: Array, y: Array) -> float:
    """Distance of two sequences (T, d) and (T, d), computed in float64 from float32 values as published.

    Raises:
        ValueError: If the shapes differ.
    """
    if x.shape != y.shape:
        raise ValueError(f"sequences of shapes {x.shape} and {y.shape}: both must be (T, d) of one length")
    length, width = x.shape
    first = np.zeros((width + width % 2, length))
    second = np.zeros_like(first)
    first[:width] = x.astype(np.float32).T
    second[:width] = y[::-1].astype(np.float32).T
    diagonals, row = np.empty((3, length + 2)), np.empty(length)
    none = np.zeros(length + 1)
    return float(np.sqrt(squared_dtw(first, second, none, none, np.inf, diagonals, row)))


@kernel
def squared_dtw(
    x: Array, reversed_y: Array, after_x: Array, after_y: Array, limit: float, diagonals: Array, cost: Array
) -> float:
    """The squared distance where it is at most `limit`, else infinity.

    Args:
        x: Sequence (d, T) of floats with an even d (a row of zeros in both changes nothing), or sets (1, T) of at most
            16 things, uint16.
        reversed_y: The other sequence (d, T), last frame first.
        after_x: What the frames i and later of x cost at least, (T + 1,), 0 at the end.
        after_y: The same for y, first frame first.
        limit: A squared distance.
        diagonals: Working memory (3, T + 2) of the type of the sums.
        cost: Working memory (T,) of the same type.
    """
    length = x.shape[1]
    diagonals[:, :] = np.inf
    first, last = 0, 0  # cells of the diagonal before that may still lie on a path within the limit
    first_before, last_before = length, -1
    for k in range(2 * length - 1):
        low = max(0, k - length + 1, min(first, first_before + 1))
        high = min(k, length - 1, max(last, last_before) + 1)
        current, one, two = diagonals[k % 3], diagonals[(k + 2) % 3], diagonals[(k + 1) % 3]
        first_before, last_before = first, last
        if low > high:
            current[:] = np.inf
            first, last = length, -1
        else:
            _distances(x, reversed_y, low, high, length - 1 - k + low, cost)
            _step(current, one, two, cost, low, high, k == 0)
            first, last = _alive(current, after_x, after_y, low, high, k, limit)
        if first > last and first_before > last_before:
            return np.inf
    total = diagonals[(2 * length - 2) % 3, length]
    return total if total <= limit else np.inf


def _distances(x: Array, reversed_y: Array, low: int, high: int, offset: int, cost: Array) -> None:
    """Squared distances of the cells of one diagonal: `_euclidean` or `_hamming`, as the compiler finds the types."""
    raise NotImplementedError


def _euclidean(x: Array, reversed_y: Array, low: int, high: int, offset: int, cost: Array) -> None:
    """Two columns of the sequences at a time."""
    count = high - low + 1
    out = cost[:count]
    x0, x1 = x[0, low : high + 1], x[1, low : high + 1]
    y0, y1 = reversed_y[0, offset : offset + count], reversed_y[1, offset : offset + count]
    for m in range(count):
        a, b = x0[m] - y0[m], x1[m] - y1[m]
        out[m] = a * a + b * b
    for d in range(2, x.shape[0], 2):
        x0, x1 = x[d, low : high + 1], x[d + 1, low : high + 1]
        y0, y1 = reversed_y[d, offset : offset + count], reversed_y[d + 1, offset : offset + count]
        for m in range(count):
            a, b = x0[m] - y0[m], x1[m] - y1[m]
            out[m] = (out[m] + a * a) + b * b


def _hamming(x: Array, reversed_y: Array, low: int, high: int, offset: int, cost: Array) -> None:
    """Bits that differ, counted in pairs, then fours, eights and sixteens (Warren, Hacker's Delight, 5-1)."""
    count = high - low + 1
    out, a, b = cost[:count], x[0, low : high + 1], reversed_y[0, offset : offset + count]
    for m in range(count):
        bits = np.uint16(a[m] ^ b[m])
        bits = np.uint16((bits & 0x5555) + ((bits >> 1) & 0x5555))
        bits = np.uint16((bits & 0x3333) + ((bits >> 2) & 0x3333))
        bits = np.uint16((bits + (bits >> 4)) & 0x0F0F)
        out[m] = np.uint16((bits + (bits >> 8)) & 0x1F)


@overload(_distances)
def _of_type(x: Array, reversed_y: Array, low: int, high: int, offset: int, cost: Array) -> Callable[..., None]:  # noqa: ARG001
    """Numba asks with types in place of values, and wants the arguments' names and annotations to be alike."""
    kind: Any = x.dtype
    return _hamming if isinstance(kind, numba.types.Integer) else _euclidean


@kernel
def _step(current: Array, one: Array, two: Array, cost: Array, low: int, high: int, is_first: bool) -> None:
    """Sums of one diagonal from the two before it; cell i is stored at i + 1, with infinity on either side."""
    count = high - low + 1
    out, costs = current[low + 1 : high + 2], cost[:count]
    if is_first:
        out[0] = costs[0]
    else:
        left, up, diagonal = one[low + 1 : high + 2], one[low : high + 1], two[low : high + 1]
        for m in range(count):
            best = left[m] if left[m] < up[m] else up[m]
            best = diagonal[m] if diagonal[m] < best else best
            out[m] = costs[m] + best
    current[low] = np.inf
    current[high + 2] = np.inf


@kernel
def _alive(
    current: Array, after_x: Array, after_y: Array, low: int, high: int, k: int, limit: float
) -> tuple[int, int]:
    """First and last cell from which the limit can still be kept; (T, -1) where there is none."""
    while low <= high and current[low + 1] + max(after_x[low + 1], after_y[k - low + 1]) > limit:
        low += 1
    while high >= low and current[high + 1] + max(after_x[high + 1], after_y[k - high + 1]) > limit:
        high -= 1
    return (low, high) if low <= high else (after_x.shape[0] - 1, -1)
