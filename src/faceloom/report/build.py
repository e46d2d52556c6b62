"""The page: gather what the DAG made, and write one self-contained HTML file."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup

from faceloom.report import (
    clips,
    data,
    estimator,
    extraction,
    gesture,
    graph,
    layout,
    parallel,
    prose,
    scores,
    training,
)
from faceloom.report.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceloom.params import Params

SECTIONS: Final = {
    "pipeline": "Pipeline",
    "data": "Data",
    "clips": "Clips",
    "gestures": "Gestures",
    "training": "Training",
    "scores": "Scores",
    "extraction": "Extraction",
    "units": "Action units",
}


def build(root: Path, out: Path, params: Params) -> Path:
    """Write the report on the project at `root` to `out` (an `.html` file, or a folder that gets `index.html`).

    Everything but `data/catalog.parquet` may be absent: the page then says so. Equal inputs give equal bytes.

    Raises:
        InputError: there is no catalog, or a metrics file or dvc.yaml cannot be parsed.
    """
    page = out if out.suffix == ".html" else out / "index.html"
    html = _environment().get_template("page.html").render(gather(Project(root), params))
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(html, encoding="utf-8")
    return page


def gather(project: Project, params: Params) -> dict[str, Any]:
    """Everything that the templates show."""
    dvc, summary = project.root / "dvc.yaml", data.summarise(project)
    examples, stretches = gesture.choose(project, params.report), clips.choose(project, params.report)
    calls: list[Callable[[], Any]] = [
        *(partial(gesture.view, example) for example in examples),
        *(partial(clips.view, s) for s in stretches),
    ]
    films: list[Any] = parallel.run(calls)
    return {
        "project": project,
        "sections": SECTIONS,
        "css": _asset("page.css"),
        "js": _asset("page.js"),
        "dag_layout": layout.layout(graph.read_stages(dvc)) if dvc.is_file() else None,
        "data": summary,
        "clips": films[len(examples) :],
        "gestures": films[: len(examples)],
        "training": training.curves(project.root),
        "scores": scores.gesture(project),
        "extraction": extraction.extraction(project),
        "estimator": estimator.estimator(project),
    }


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("faceloom.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "prose": prose.html}
    return environment


def percent(value: float | None) -> str:
    """A share as a percentage that never rounds up to 100 % or down to 0 %; a dash for None."""
    if value is None:
        return "–"
    text = f"{100 * value:.1f}"
    if text in {"100.0", "0.0"}:
        text = {0.0: "0", 1.0: "100"}.get(value, "> 99.9" if value > 0.5 else "< 0.1")
    return f"{text} %"


def _asset(name: str) -> Markup:
    """A file of this package that is part of the page as it is."""
    return Markup(files("faceloom.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  ours, not input
