"""FRDist: the nearest appropriate real reaction under a sum of warped distances; exact, most pairs abandoned early.

Candidates are tried in the order of a coarse estimate. A candidate is left as soon as what it costs so far, together
with a lower bound of what is still to come, passes the best distance so far. The bound: every frame is matched at least
once, and costs no less than its distance to the box that holds all frames of the other sequence (Keogh and
Ratanamahatana 2005, Exact indexing of dynamic time warping, with the envelope of an unlimited window).

Sums of float32, which take half the time, dismiss most candidates: their rounding is bounded, and what lies within the
bound is computed in float64. Action units that are only there or not are compared as sets.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from faceloom.metrics.reaction.checks import Rows
from faceloom.metrics.reaction.dtw import Array, kernel, squared_dtw

STREAMS: Final = np.array([(15, 17, 1), (0, 15, 15), (17, 25, 8)])
"""First and last column and divisor of valence and arousal, action units, expressions: what decides most is first."""

UNITS: Final = 1
"""Where the action units stand in `STREAMS`."""

SLACK: Final = 1e-9
"""Relative margin of every bound, far above rounding: what lies within it is computed, so that minima stay exact."""

ROUNDING: Final = 2.0**-23
"""Relative error of a float32 sum of squares, for each term that it adds: twice what one rounding costs."""

TINY: Final = 1e-36
"""Above all that float32 sums of squares lose to its smallest numbers."""

MODERATE: Final = 1e6
"""Largest magnitude whose squared distances float32 sums up without overflow."""

BLOCK: Final = 25
"""Frames that the coarse estimate averages."""

READ: Final = 64
"""Clips that are prepared at a time."""


class Sequences(NamedTuple):
    """Sequences as the search wants them: by columns, with the box of each and its means over blocks of frames.

    `columns` float32 (n, d, T), `low` and `high` (n, d), `blocks` (n, T / 25, d), `is_binary` (n,), whether the action
    units are 0 and 1 alone, and `sets` uint16 (n, 1, T), which of them are 1.
    """

    columns: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    blocks: NDArray[Any]
    is_binary: NDArray[Any]
    sets: NDArray[Any]


class Memory(NamedTuple):
    """What one warped distance works in: two sequences (d, T), three diagonals, the costs of one, all of one type."""

    x: Array
    y: Array
    diagonals: Array
    cost: Array

    @classmethod
    def of(cls, length: int, kind: type[np.floating[Any]]) -> Memory:
        """Room for streams of at most 16 columns."""
        sizes = ((16, length), (16, length), (3, length + 2), length)
        return cls(*(np.zeros(size, kind) for size in sizes))


def prepare(sequences: NDArray[Any], backwards: bool = False) -> Sequences:
    """Sequences (n, T, d); `backwards` stores the last frame first."""
    rows = sequences.astype(np.float32)
    starts = np.arange(0, rows.shape[1], BLOCK)
    lengths = np.diff(np.append(starts, rows.shape[1]))[:, None]
    columns = np.ascontiguousarray((rows[:, ::-1] if backwards else rows).transpose(0, 2, 1))
    units = columns[:, STREAMS[UNITS, 0] : STREAMS[UNITS, 1]]
    return Sequences(
        columns=columns,
        low=rows.min(axis=1),
        high=rows.max(axis=1),
        blocks=np.add.reduceat(rows, starts, axis=1, dtype=np.float64) / lengths,
        is_binary=((units == 0) | (units == 1)).all(axis=(1, 2)),
        sets=np.einsum("nut,u->nt", units != 0, 1 << np.arange(units.shape[1]))[:, None].astype(np.uint16),
    )


def prepare_real(rows: Rows) -> Sequences:
    """All real reactions (n, T, d), read some at a time, last frame first."""
    parts = [prepare(rows[start : start + READ], backwards=True) for start in range(0, rows.shape[0], READ)]
    return Sequences(*map(np.concatenate, zip(*parts, strict=True)))


def nearest(predictions: NDArray[Any], real: Sequences, neighbours: NDArray[np.int64]) -> NDArray[np.float64]:
    """The smallest distance of each prediction (samples, T, d) to the real reactions that `neighbours` points at.

    The distance is DTW(action units) / 15 + DTW(valence, arousal) + DTW(expressions) / 8.
    """
    prepared = prepare(predictions)
    return np.array(
        [_Search(one, real).minimum(neighbours) for one in map(Sequences._make, zip(*prepared, strict=True))]
    )


class _Search:
    """For the nearest of one prediction."""

    def __init__(self, prediction: Sequences, real: Sequences) -> None:
        length = prediction.columns.shape[-1]
        self.x, self.real = prediction, real
        self.after = np.empty((2, length + 1))
        self.wide, self.narrow = Memory.of(length, np.float64), Memory.of(length, np.float32)
        self.margin = ROUNDING * (2 * length + prediction.columns.shape[0])
        self.is_moderate = max(-prediction.low.min(), prediction.high.max()) < MODERATE

    def minimum(self, neighbours: NDArray[np.int64]) -> float:
        bounds, estimates = np.empty((len(neighbours), len(STREAMS))), np.empty(len(neighbours))
        _foresee(*self.x[:4], *self.real[:4], neighbours, self.after, bounds, estimates)
        best = np.inf
        for m in np.argsort(estimates, kind="stable"):
            best = min(best, self.distance(neighbours[m], bounds[m], best))
        return best

    def distance(self, n: int, bounds: NDArray[np.float64], best: float) -> float:
        """The distance to real reaction n; infinite where it is known to be more than `best`."""
        y = Sequences(*(part[n] for part in self.real))
        shares = bounds / STREAMS[:, 2]  # lower bounds, then better ones, then the distances themselves
        if np.isfinite(best) and self.is_moderate and max(-y.low.min(), y.high.max()) < MODERATE:
            shares = self.shares(y, shares, best, is_rough=True)
        if shares[0] < np.inf:
            shares = self.shares(y, shares, best, is_rough=False)
        return float(shares[UNITS] + shares[0] + shares[2])

    def shares(self, y: Sequences, shares: NDArray[np.float64], best: float, is_rough: bool) -> NDArray[np.float64]:
        """What each stream adds to the distance to y; infinity where that is more than `best`.

        Args:
            y: A real reaction.
            shares: Lower bounds of it.
            best: The smallest distance so far.
            is_rough: Compute closer lower bounds by float32.
        """
        is_same = (self.x.low == self.x.high) & (y.low == y.high) & (self.x.low == y.low)
        are_sets = bool(self.x.is_binary and y.is_binary)  # their distances are counts, which float32 holds
        shares, margin = shares.copy(), self.margin if is_rough else 0.0
        for i, (a, b, divisor) in enumerate(STREAMS):
            allowed = (best * (1 + SLACK) - (shares.sum() - shares[i])) * divisor
            if allowed < shares[i] * divisor:
                return np.full(len(STREAMS), np.inf)
            boxes = (y.low[a:b], y.high[a:b], self.x.low[a:b], self.x.high[a:b])
            _remaining(self.x.columns[a:b], y.columns[a:b], *boxes, self.after)
            limit = allowed**2 * (1 + 2 * margin) + is_rough * TINY
            if i == UNITS and are_sets:
                squared = self.warp(self.x.sets, y.sets, limit, self.narrow)
            else:
                columns = a + np.flatnonzero(~is_same[a:b])
                squared = self.warped(y, columns, limit, self.narrow if is_rough else self.wide)
            if squared == np.inf:
                return np.full(len(STREAMS), np.inf)
            if is_rough:
                shares[i] = max(shares[i], np.sqrt(max(0, squared * (1 - margin) - TINY)) / divisor)
            else:
                shares[i] = np.sqrt(squared) / divisor
        return shares

    def warped(self, y: Sequences, columns: NDArray[np.int64], limit: float, memory: Memory) -> float:
        """Squared warped distance of some columns, those left out being the same constant in both sequences."""
        count = len(columns)
        even = max(2, count + count % 2)
        memory.x[:count], memory.y[:count] = self.x.columns[columns], y.columns[columns]
        memory.x[count:even] = memory.y[count:even] = 0
        return self.warp(memory.x[:even], memory.y[:even], limit, memory)

    def warp(self, x: Array, y: Array, limit: float, memory: Memory) -> float:
        return squared_dtw(x, y, self.after[0], self.after[1], limit, memory.diagonals, memory.cost)


@kernel
def _foresee(
    x: Array, x_low: Array, x_high: Array, x_blocks: Array,
    y: Array, y_low: Array, y_high: Array, y_blocks: Array,
    neighbours: Array, after: Array, bounds: Array, estimates: Array,
) -> None:  # fmt: skip
    """A lower bound of the warped distance of each stream, (n, streams), and an estimate of the whole, (n,)."""
    for m, n in enumerate(neighbours):
        estimates[m] = _estimate(x_blocks, y_blocks[n])
        for i in range(len(STREAMS)):
            a, b = STREAMS[i, 0], STREAMS[i, 1]
            _remaining(x[a:b], y[n, a:b], y_low[n, a:b], y_high[n, a:b], x_low[a:b], x_high[a:b], after)
            bounds[m, i] = np.sqrt(max(after[0, 0], after[1, 0]))


@kernel
def _remaining(x: Array, y: Array, y_low: Array, y_high: Array, x_low: Array, x_high: Array, after: Array) -> None:
    """What each frame and all later ones cost at least, (2, T + 1): the prediction's and the real ones."""
    _outside(x, y_low, y_high, after[0])
    _outside(y, x_low, x_high, after[1])
    length = after.shape[1] - 1
    for t in range(length // 2):
        earlier = after[1, t]
        after[1, t] = after[1, length - 1 - t]
        after[1, length - 1 - t] = earlier
    for side in range(2):
        for t in range(length - 1, -1, -1):
            after[side, t] += after[side, t + 1]


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
