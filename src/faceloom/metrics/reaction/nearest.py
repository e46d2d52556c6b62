"""FRDist: the nearest appropriate real reaction under a sum of warped distances; exact, most pairs abandoned early.

Candidates are tried in the order of a coarse estimate. A candidate is left as soon as what it costs so far, together
with a lower bound of what is still to come, passes the best distance so far. The bound: every frame is matched at least
once, and costs no less than its distance to the box that holds all frames of the other sequence (Keogh and
Ratanamahatana 2005, Exact indexing of dynamic time warping, with the envelope of an unlimited window).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faceloom.metrics.reaction.checks import Rows
from faceloom.metrics.reaction.dtw import Array, kernel, squared_dtw

STREAMS: Final = np.array([(15, 17, 1), (17, 25, 8), (0, 15, 15)])
"""First and last column and divisor of valence and arousal, expressions, action units: what decides most is first."""

UNITS: Final = 2
"""Where the action units stand in `STREAMS`."""

SLACK: Final = 1e-9
"""Relative margin of every bound, far above rounding: what lies within it is computed, so that minima stay exact."""

BLOCK: Final = 25
"""Frames that the coarse estimate averages."""

READ: Final = 64
"""Clips that are prepared at a time."""


class Sequences(NamedTuple):
    """Sequences as the search wants them: by columns, with the box of each and its means over blocks of frames.

    `columns` float32 (n, d, T), `low` and `high` (n, d), `blocks` (n, T / 25, d), and `is_binary` (n,), whether the
    action units are 0 and 1 alone.
    """

    columns: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    blocks: NDArray[Any]
    is_binary: NDArray[Any]


class Memory(NamedTuple):
    """What one warped distance works in: two sequences (d, T), three diagonals, the costs of one, all of one type."""

    x: Array
    y: Array
    diagonals: Array
    cost: Array


def prepare(sequences: NDArray[Any], backwards: bool = False) -> Sequences:
    """Sequences (n, T, d); `backwards` stores the last frame first."""
    rows = sequences.astype(np.float32)
    starts = np.arange(0, rows.shape[1], BLOCK)
    lengths = np.diff(np.append(starts, rows.shape[1]))[:, None]
    units = rows[..., STREAMS[UNITS, 0] : STREAMS[UNITS, 1]]
    return Sequences(
        columns=np.ascontiguousarray((rows[:, ::-1] if backwards else rows).transpose(0, 2, 1)),
        low=rows.min(axis=1),
        high=rows.max(axis=1),
        blocks=np.add.reduceat(rows, starts, axis=1, dtype=np.float64) / lengths,
        is_binary=((units == 0) | (units == 1)).all(axis=(1, 2)),
    )


def prepare_real(rows: Rows) -> Sequences:
    """All real reactions (n, T, d), read some at a time, last frame first."""
    parts = [prepare(rows[start : start + READ], backwards=True) for start in range(0, rows.shape[0], READ)]
    return Sequences(*map(np.concatenate, zip(*parts, strict=True)))


def nearest(predictions: NDArray[Any], real: Sequences, neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
    """The smallest distance of each prediction (samples, T, d) to the real reactions that `neighbours` points at.

    The distance is DTW(action units) / 15 + DTW(valence, arousal) + DTW(expressions) / 8.
    """
    minima = np.empty(len(predictions))
    _search(prepare(predictions), real, neighbours, minima)
    return minima


@kernel
def _search(predictions: Sequences, real: Sequences, neighbours: Array, minima: Array) -> None:
    """Fill in the minimum of every prediction."""
    length = predictions.columns.shape[2]
    bounds, estimates = np.empty((len(neighbours), len(STREAMS))), np.empty(len(neighbours))
    after = np.empty((2, length + 1))
    wide, narrow = _memory(length, np.zeros(1, np.float64)), _memory(length, np.zeros(1, np.float32))
    for s in range(len(minima)):
        for m, n in enumerate(neighbours):
            estimates[m] = _estimate(predictions.blocks[s], real.blocks[n])
            for i in range(len(STREAMS)):
                _remaining(predictions, s, real, n, i, after)
                bounds[m, i] = np.sqrt(max(after[0, 0], after[1, 0]))
        minima[s] = np.inf
        for m in np.argsort(estimates):
            n = neighbours[m]
            minima[s] = _nearer(predictions, s, real, n, bounds[m], minima[s], after, wide, narrow)


@kernel
def _memory(length: int, zeros: Array) -> Memory:
    """Memory of the type of `zeros`; a stream has at most 16 columns."""
    kind = zeros.dtype
    shape = (16, length)
    return Memory(np.zeros(shape, kind), np.zeros(shape, kind), np.zeros((3, length + 2), kind), np.zeros(length, kind))


@kernel
def _nearer(
    predictions: Sequences,
    s: int,
    real: Sequences,
    n: int,
    bounds: Array,
    best: float,
    after: Array,
    wide: Memory,
    narrow: Memory,
) -> float:
    """The distance of prediction s and real reaction n where it is less than `best`, else `best`."""
    roots = np.empty(len(STREAMS))
    roots[:] = bounds
    for i in range(len(STREAMS)):
        others = 0.0
        for j in range(len(STREAMS)):
            others += roots[j] / STREAMS[j, 2] if j != i else 0.0
        allowed = (best - others) * STREAMS[i, 2] + SLACK * best
        if allowed < roots[i]:
            return best
        _remaining(predictions, s, real, n, i, after)
        if i == UNITS and predictions.is_binary[s] and real.is_binary[n]:
            # float32 counts differences of 0 and 1 exactly, with twice as many numbers to a vector
            squared = _warped(predictions, s, real, n, i, after, allowed * allowed, narrow)
        else:
            squared = _warped(predictions, s, real, n, i, after, allowed * allowed, wide)
        if squared == np.inf:
            return best
        roots[i] = np.sqrt(squared)
    distance: float = roots[UNITS] / STREAMS[UNITS, 2] + roots[0] + roots[1] / STREAMS[1, 2]
    return min(best, distance)


@kernel
def _warped(
    predictions: Sequences, s: int, real: Sequences, n: int, i: int, after: Array, limit: float, memory: Memory
) -> float:
    """Squared warped distance of one stream; a column that is the same constant in both is left out."""
    count = 0
    for d in range(STREAMS[i, 0], STREAMS[i, 1]):
        if not (predictions.low[s, d] == predictions.high[s, d] == real.low[n, d] == real.high[n, d]):
            memory.x[count] = predictions.columns[s, d]
            memory.y[count] = real.columns[n, d]
            count += 1
    while count < 2 or count % 2:
        memory.x[count] = 0
        memory.y[count] = 0
        count += 1
    return squared_dtw(memory.x[:count], memory.y[:count], after[0], after[1], limit, memory.diagonals, memory.cost)


@kernel
def _remaining(predictions: Sequences, s: int, real: Sequences, n: int, i: int, after: Array) -> None:
    """What each frame and all later ones of stream i cost at least: (2, T + 1), the prediction's and the real one's."""
    a, b = STREAMS[i, 0], STREAMS[i, 1]
    _outside(predictions.columns[s, a:b], real.low[n, a:b], real.high[n, a:b], after[0])
    _outside(real.columns[n, a:b], predictions.low[s, a:b], predictions.high[s, a:b], after[1])
    length = after.shape[1] - 1
    for t in range(length // 2):
        after[1, t], after[1, length - 1 - t] = after[1, length - 1 - t], after[1, t]
    for row in after:
        for t in range(length - 1, -1, -1):
            row[t] += row[t + 1]


@kernel
def _outside(columns: Array, low: Array, high: Array, out: Array) -> None:
    """Squared distance of each frame to a box, and 0 at the end, (T + 1,)."""
    length = columns.shape[1]
    out[:] = 0
    for d in range(len(columns)):
        column, least, most = columns[d], low[d], high[d]
        for t in range(length):
            value = column[t]
            excess = value - most if value > most else (least - value if value < least else np.float32(0))
            out[t] += excess * excess


@kernel
def _estimate(p: Array, q: Array) -> float:
    """The distance of sequences of block means (n, d), which orders the candidates."""
    total = 0.0
    sums = np.empty(len(q) + 1)
    for a, b, divisor in STREAMS:
        sums[:] = np.inf
        sums[0] = 0
        for j in range(len(p)):
            diagonal, sums[0] = sums[0], np.inf
            for k in range(len(q)):
                cost = 0.0
                for d in range(a, b):
                    cost += (p[j, d] - q[k, d]) ** 2
                best = min(diagonal, sums[k], sums[k + 1])
                diagonal, sums[k + 1] = sums[k + 1], cost + best
        total += np.sqrt(sums[len(q)]) / divisor
    return total
