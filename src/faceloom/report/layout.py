"""A layered drawing of the stage graph (Sugiyama, Tagawa and Toda 1981): layers, order within them, coordinates."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import networkx as nx

from faceloom.report.graph import Stage, dependencies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SWEEPS: Final = 40
BEND_WIDTH: Final = 0.3
"""Columns that a passing edge takes; a stage takes one."""

Point = tuple[str, int]
"""A stage, or a bend of an edge that passes a layer, in that layer."""


@dataclass(frozen=True)
class Node:
    """A placed stage; `x` in columns from the left, `layer` from the top."""

    stage: Stage
    x: float
    layer: int


@dataclass(frozen=True)
class Layout:
    """Nodes, and edges as polylines of (x, layer) points from the bottom of one node to the top of another."""

    nodes: list[Node]
    edges: list[list[tuple[float, int]]]
    columns: float
    layers: int


def layout(stages: list[Stage]) -> Layout:
    """Place every stage one layer below the last that it reads; long edges pass between the stages of a layer."""
    graph = dependencies(stages)
    layer = {name: i for i, names in enumerate(nx.topological_generations(graph)) for name in names}
    chains = [_chain(source, target, layer) for source, target in graph.edges]
    rows = _ordered(_rows(stages, layer, chains), chains)
    x = _coordinates(rows, chains)
    left = min((x[stage.name, layer[stage.name]] for stage in stages), default=0.0)
    left = min(left, *(value + 0.5 * (1 - BEND_WIDTH) for value in x.values())) if x else 0.0
    x = {point: value - left for point, value in x.items()}
    return Layout(
        nodes=[Node(stage, x[stage.name, layer[stage.name]], layer[stage.name]) for stage in stages],
        edges=[[(x[point], point[1]) for point in chain] for chain in chains],
        columns=max(x.values(), default=0.0) + 1,
        layers=len(rows),
    )


def _chain(source: str, target: str, layer: Mapping[str, int]) -> list[Point]:
    bends = [(f"{source}>{target}", i) for i in range(layer[source] + 1, layer[target])]
    return [(source, layer[source]), *bends, (target, layer[target])]


def _is_bend(point: Point) -> bool:
    return ">" in point[0]


def _rows(stages: list[Stage], layer: Mapping[str, int], chains: list[list[Point]]) -> list[list[Point]]:
    points = [(stage.name, layer[stage.name]) for stage in stages]
    points += [bend for chain in chains for bend in chain[1:-1]]
    depth = max(layer.values(), default=-1) + 1
    return [[point for point in points if point[1] == i] for i in range(depth)]


def _ordered(rows: list[list[Point]], chains: list[list[Point]]) -> list[list[Point]]:
    """The order with the fewest crossings that barycentre sweeps, down and up, come across."""
    segments = [segment for chain in chains for segment in itertools.pairwise(chain)]
    best, fewest = rows, _crossings(rows, segments)
    for sweep in range(SWEEPS):
        rows = _swept(rows, segments, downwards=sweep % 2 == 0)
        if (count := _crossings(rows, segments)) < fewest:
            best, fewest = rows, count
    return best


def _swept(rows: list[list[Point]], segments: list[tuple[Point, Point]], *, downwards: bool) -> list[list[Point]]:
    """Each row sorted by the mean place of what it is joined to in the row before."""
    place = {point: i / max(len(row), 1) for row in rows for i, point in enumerate(row)}
    joined: dict[Point, list[Point]] = {}
    for upper, lower in segments:
        joined.setdefault(*((lower, []) if downwards else (upper, []))).append(upper if downwards else lower)
    swept = []
    for row in rows if downwards else rows[::-1]:
        ordered = sorted(row, key=lambda point: _mean([place[other] for other in joined.get(point, [point])]))
        place |= {point: i / len(row) for i, point in enumerate(ordered)}
        swept.append(ordered)
    return swept if downwards else swept[::-1]


def _crossings(rows: list[list[Point]], segments: list[tuple[Point, Point]]) -> int:
    place = {point: i for row in rows for i, point in enumerate(row)}
    pairs = itertools.combinations(segments, 2)
    return sum(a[1] == c[1] and (place[a] - place[c]) * (place[b] - place[d]) < 0 for (a, b), (c, d) in pairs)


def _coordinates(rows: list[list[Point]], chains: list[list[Point]]) -> dict[Point, float]:
    """Pull points under what they are joined to, long edges most, while keeping the order and the spacing."""
    pulls: dict[Point, list[tuple[float, Point]]] = {}
    for a, b in (segment for chain in chains for segment in itertools.pairwise(chain)):
        weight = (1.0, 3.0, 12.0)[_is_bend(a) + _is_bend(b)]  # straightness matters most where an edge is long
        pulls.setdefault(a, []).append((weight, b))
        pulls.setdefault(b, []).append((weight, a))
    x = {point: i - (len(row) - 1) / 2 for row in rows for i, point in enumerate(row)}
    for sweep in range(4 * SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [_pulled(point, pulls.get(point, []), x) for point in row]
            x.update(zip(row, _spread(wanted, row), strict=True))
    for chain in sorted(chains, key=len, reverse=True):
        _straighten(chain[1:-1], rows, x)
    return x


def _straighten(bends: list[Point], rows: list[list[Point]], x: dict[Point, float]) -> None:
    """Put all bends of an edge on one vertical line, if one fits between their neighbours."""
    low, high = -math.inf, math.inf
    for bend in bends:
        row = rows[bend[1]]
        place = row.index(bend)
        if place > 0:
            low = max(low, x[row[place - 1]] + _gap(row[place - 1], bend))
        if place + 1 < len(row):
            high = min(high, x[row[place + 1]] - _gap(bend, row[place + 1]))
    if bends and low <= high:
        middle = _mean([x[bend] for bend in bends])
        x.update(dict.fromkeys(bends, min(max(middle, low), high)))


def _gap(a: Point, b: Point) -> float:
    """Columns between the centres of neighbours that just touch."""
    return sum(BEND_WIDTH if _is_bend(point) else 1.0 for point in (a, b)) / 2


def _pulled(point: Point, pulls: Sequence[tuple[float, Point]], x: Mapping[Point, float]) -> float:
    total = sum(weight for weight, _ in pulls)
    return sum(weight * x[other] for weight, other in pulls) / total if total else x[point]


def _spread(wanted: list[float], row: list[Point]) -> list[float]:
    """The mean of pushing right from the left end and left from the right end until nothing touches."""
    gaps = [_gap(a, b) for a, b in itertools.pairwise(row)]
    right, left = list(wanted), list(wanted)
    for i, gap in enumerate(gaps):
        right[i + 1] = max(right[i + 1], right[i] + gap)
        left[-i - 2] = min(left[-i - 2], left[-i - 1] - gaps[-i - 1])
    return [(a + b) / 2 for a, b in zip(left, right, strict=True)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
