"""The stage graph of a dvc.yaml, and a layered layout of it (Sugiyama: layers, ordering, coordinates)."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx
import yaml

from faceloom.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SWEEPS = 60


@dataclass(frozen=True)
class Stage:
    """One stage as it runs: a matrix counts as one stage an item."""

    name: str
    desc: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What it produces: `models`, `metrics` or `data`."""
        tops = {out.split("/")[0] for out in self.outs}
        return next((kind for kind in ("models", "metrics") if kind in tops), "data")


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


def read_stages(path: Path) -> list[Stage]:
    """Stages of a dvc.yaml with `matrix` and `foreach` expanded; raises InputError for one that is not YAML."""
    try:
        entries = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("stages") or {}
    except yaml.YAMLError:
        raise InputError(f"{path}: not valid YAML; `dvc repro` names the line.") from None
    return [stage for name, entry in entries.items() for stage in _expand(name, entry)]


def _expand(name: str, entry: dict[str, Any]) -> Iterator[Stage]:
    body = entry.get("do", entry)
    for suffix, values in _items(entry):
        yield Stage(
            name=name + suffix,
            desc=_fill(" ".join(str(body.get("desc", "")).split()), values),
            deps=tuple(_fill(dep, values) for dep in _paths(body, "deps")),
            outs=tuple(_fill(out, values) for key in ("outs", "metrics", "plots") for out in _paths(body, key)),
        )


def _items(entry: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Name suffix and substitutions of every item, named as DVC names them (`@a-b`)."""
    if "matrix" in entry:
        axes = entry["matrix"]
        for combination in itertools.product(*axes.values()):
            yield (
                "@" + "-".join(map(str, combination)),
                {f"item.{axis}": str(value) for axis, value in zip(axes, combination, strict=True)},
            )
    elif "foreach" in entry:
        for item in entry["foreach"]:
            yield f"@{item}", {"item": str(item)}
    else:
        yield "", {}


def _paths(body: dict[str, Any], key: str) -> list[str]:
    return [next(iter(item)) if isinstance(item, dict) else str(item) for item in body.get(key) or []]


def _fill(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\s*([\w.]+)\s*\}", lambda match: values.get(match[1], match[0]), text)


def dependencies(stages: list[Stage]) -> nx.DiGraph[str]:
    """An edge from each stage to those that read one of its outs, without the edges that others imply."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(stage.name for stage in stages)
    for maker, reader in itertools.permutations(stages, 2):
        if any(_overlap(out, dep) for out in maker.outs for dep in reader.deps):
            graph.add_edge(maker.name, reader.name)
    reduced: nx.DiGraph[str] = nx.transitive_reduction(graph)
    return reduced


def _overlap(out: str, dep: str) -> bool:
    return out == dep or out.startswith(f"{dep}/") or dep.startswith(f"{out}/")


def layout(stages: list[Stage]) -> Layout:
    """Place stages in layers below everything they read; long edges bend around the layers between."""
    graph = dependencies(stages)
    layer = {name: i for i, names in enumerate(nx.topological_generations(graph)) for name in names}
    _sink_sources(graph, layer)
    chains = [_chain(source, target, layer) for source, target in graph.edges]
    rows = _rows(stages, layer, chains)
    neighbours = _neighbours(chains)
    _order(rows, neighbours)
    x = _coordinates(rows, neighbours)
    left = min(x.values(), default=0.0)
    x = {key: value - left for key, value in x.items()}
    return Layout(
        nodes=[Node(stage, x[stage.name, layer[stage.name]], layer[stage.name]) for stage in stages],
        edges=[[(x[point], point[1]) for point in chain] for chain in chains],
        columns=max(x.values(), default=0.0) + 1,
        layers=len(rows),
    )


Point = tuple[str, int]
"""A stage, or a bend of an edge, in a layer."""


def _sink_sources(graph: nx.DiGraph[str], layer: dict[str, int]) -> None:
    """Move each stage as low as its readers allow when it has no input of its own that pins it."""
    for name in reversed(list(nx.topological_sort(graph))):
        readers = [layer[reader] for reader in graph.successors(name)]
        if readers and graph.in_degree(name) <= 1:
            layer[name] = min(readers) - 1


def _chain(source: str, target: str, layer: dict[str, int]) -> list[Point]:
    bends = [(f"{source}>{target}", i) for i in range(layer[source] + 1, layer[target])]
    return [(source, layer[source]), *bends, (target, layer[target])]


def _rows(stages: list[Stage], layer: dict[str, int], chains: list[list[Point]]) -> list[list[Point]]:
    points = [(stage.name, layer[stage.name]) for stage in stages]
    points += [bend for chain in chains for bend in chain[1:-1]]
    depth = max(layer.values(), default=-1) + 1
    return [[point for point in points if point[1] == i] for i in range(depth)]


def _neighbours(chains: list[list[Point]]) -> dict[Point, list[Point]]:
    found: dict[Point, list[Point]] = {}
    for chain in chains:
        for upper, lower in itertools.pairwise(chain):
            found.setdefault(upper, []).append(lower)
            found.setdefault(lower, []).append(upper)
    return found


def _order(rows: list[list[Point]], neighbours: dict[Point, list[Point]]) -> None:
    """Barycentre heuristic: sort each row by the mean position of its neighbours, down and up."""
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            place = {point: i - len(other) / 2 for other in rows for i, point in enumerate(other)}
            row.sort(key=lambda point: _mean([place[other] for other in neighbours.get(point, [point])]))


def _coordinates(rows: list[list[Point]], neighbours: dict[Point, list[Point]]) -> dict[Point, float]:
    """Pull every point under its neighbours while keeping the row's order and one column between points."""
    x = {point: i - (len(row) - 1) / 2 for row in rows for i, point in enumerate(row)}
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else rows[::-1]:
            wanted = [_mean([x[other] for other in neighbours.get(point, [point])]) for point in row]
            x.update(zip(row, _spread(wanted), strict=True))
    return x


def _spread(wanted: list[float]) -> list[float]:
    """The mean of pushing right from the left end and left from the right end: at least one column apart."""
    right, left = list(wanted), list(wanted)
    for i in range(1, len(wanted)):
        right[i] = max(right[i], right[i - 1] + 1)
        left[-i - 1] = min(left[-i - 1], left[-i] - 1)
    return [(a + b) / 2 for a, b in zip(left, right, strict=True)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
