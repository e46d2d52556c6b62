from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from faceloom.errors import InputError
from faceloom.report.graph import Stage, dependencies, read_stages
from faceloom.report.layout import layout

PROJECT = Path(__file__).parents[2]


def stage(name: str, *deps: str) -> Stage:
    return Stage(name, "", deps=deps, outs=(f"data/{name}",))


def test_matrix_foreach_and_params_are_filled_in(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("catalog: {recordings: mine}")
    (tmp_path / "dvc.yaml").write_text(
        """
stages:
  catalog: {cmd: x, deps: ["${catalog.recordings}"], outs: [data/catalog.parquet]}
  train:
    matrix: {task: [a, b], size: [1, 2]}
    desc: "Train\\n ${item.task}"
    cmd: x
    outs: ["models/${item.task}-${item.size}"]
  score: {foreach: [a], do: {cmd: x, deps: ["models/${item}-1"], metrics: [{"metrics/${item}.json": {cache: false}}]}}
"""
    )
    stages = {stage.name: stage for stage in read_stages(tmp_path / "dvc.yaml")}
    assert list(stages) == ["catalog", "train@a-1", "train@a-2", "train@b-1", "train@b-2", "score@a"]
    assert stages["catalog"].deps == ("mine",)
    assert stages["train@b-2"].outs == ("models/b-2",)
    assert stages["train@b-2"].desc == "Train b"
    assert stages["score@a"].outs == ("metrics/a.json",)
    assert [s.kind for s in stages.values()] == ["data", *["models"] * 4, "metrics"]
    assert list(dependencies(list(stages.values())).edges) == [("train@a-1", "score@a")]


def test_foreach_goes_over_a_section_of_the_params(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("stills: {a: {data: here}, b: {data: there}}")
    (tmp_path / "dvc.yaml").write_text(
        "stages: {stills: {foreach: '${stills}', do: {cmd: x, deps: ['${item.data}'], outs: ['${key}.h5']}}}"
    )
    found = [(s.name, s.deps, s.outs) for s in read_stages(tmp_path / "dvc.yaml")]
    assert found == [("stills@a", ("here",), ("a.h5",)), ("stills@b", ("there",), ("b.h5",))]


def test_broken_yaml_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: [")
    with pytest.raises(InputError, match=r"dvc\.yaml: not valid YAML"):
        read_stages(tmp_path / "dvc.yaml")


def test_edges_that_others_imply_are_left_out() -> None:
    stages = [stage("a"), stage("b", "data/a"), stage("c", "data/a/part", "data/b")]
    assert set(dependencies(stages).edges) == {("a", "b"), ("b", "c")}


def test_prefix_of_a_name_is_no_dependency() -> None:
    assert not dependencies([stage("a"), stage("b", "data/ab")]).edges


def test_layout_of_the_projects_own_dag() -> None:
    stages = read_stages(PROJECT / "dvc.yaml")
    drawn = layout(stages)
    layer = {node.stage.name: node.layer for node in drawn.nodes}
    assert all(layer[a] < layer[b] for a, b in dependencies(stages).edges)
    for _, row in itertools.groupby(
        sorted(drawn.nodes, key=lambda node: (node.layer, node.x)), lambda node: node.layer
    ):
        assert all(b.x - a.x >= 0.999 for a, b in itertools.pairwise(row))
    assert min(node.x for node in drawn.nodes) >= 0
    assert drawn.columns <= 8  # fits a screen; a phone scrolls it sideways
    boxes = {(node.layer, node.x) for node in drawn.nodes}
    passing = [(x, i) for edge in drawn.edges for x, i in edge[1:-1]]
    assert all(abs(x - other) > 0.5 for x, i in passing for j, other in boxes if i == j)


def test_no_stage_is_no_drawing() -> None:
    assert layout([]).nodes == []


def test_the_order_of_edges_does_not_depend_on_the_hash_seed():
    code = (
        "from pathlib import Path; from faceloom.report.graph import *; "
        "print(list(dependencies(read_stages(Path('dvc.yaml'))).edges))"
    )
    seeds = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2", "3")]
    found = {
        subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True).stdout for env in seeds
    }
    assert len(found) == 1
