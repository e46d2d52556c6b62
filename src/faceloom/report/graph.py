"""The stage graph of a dvc.yaml: stages as they run, and who reads whose outs."""

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


def read_stages(path: Path) -> list[Stage]:
    """Stages of a dvc.yaml, `matrix`, `foreach` and the values of the params.yaml beside it filled in.

    Raises:
        InputError: one of the two files is not YAML.
    """
    params = _load(path.with_name("params.yaml"))
    entries = _load(path).get("stages") or {}
    return [stage for name, entry in entries.items() for stage in _expand(name, entry, params)]


def _load(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.is_file() else {}
    except yaml.YAMLError:
        raise InputError(f"{path}: not valid YAML; `dvc repro` names the line.") from None


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested values by their dotted names, as `${...}` refers to them."""
    flat: dict[str, str] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": str(value)}
    return flat


def _expand(name: str, entry: dict[str, Any], params: dict[str, Any]) -> Iterator[Stage]:
    body, values = entry.get("do", entry), _flat(params)
    for suffix, item in _items(entry, params):
        known = values | item
        yield Stage(
            name=name + suffix,
            desc=_fill(" ".join(str(body.get("desc", "")).split()), known),
            deps=tuple(_fill(dep, known) for dep in _paths(body, "deps")),
            outs=tuple(_fill(out, known) for key in ("outs", "metrics", "plots") for out in _paths(body, key)),
        )


def _items(entry: dict[str, Any], params: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Name suffix and values of every item, named as DVC names them (`@a-b`)."""
    if "matrix" in entry:
        axes = entry["matrix"]
        for combination in itertools.product(*axes.values()):
            named = dict(zip(axes, map(str, combination), strict=True))
            yield "@" + "-".join(named.values()), _flat({"item": named})
    elif "foreach" in entry:
        items = _section(params, entry["foreach"]) if isinstance(entry["foreach"], str) else entry["foreach"]
        for key in items:
            item = items[key] if isinstance(items, dict) else key
            yield f"@{key}", {"key": str(key)} | _flat({"item": item})
    else:
        yield "", {}


def _section(params: dict[str, Any], reference: str) -> Any:
    """What `${a.b}` refers to; nothing where the params lack it."""
    found: Any = params
    for key in reference.strip("${} ").split("."):
        found = found.get(key, {}) if isinstance(found, dict) else {}
    return found


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
    kept = nx.transitive_reduction(graph)  # its own order follows Python's salted hashes
    graph.remove_edges_from([edge for edge in graph.edges if not kept.has_edge(*edge)])
    return graph


def _overlap(out: str, dep: str) -> bool:
    return out == dep or out.startswith(f"{dep}/") or dep.startswith(f"{out}/")
