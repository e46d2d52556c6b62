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
    reaction,
    scores,
    stills,
    training,
)
from faceloom.report.findings import findings, percent
from faceloom.report.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faceloom.params import Params
    from faceloom.report.charts import Strips

SECTIONS: Final = {
    "pipeline": "Pipeline",
    "data": "Data",
    "clips": "Clips",
    "gestures": "Gestures",
    "reactions": "Reactions",
    "training": "Training",
    "scores": "Scores",
    "stills": "Stills",
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
    dvc = project.root / "dvc.yaml"
    measured = (
        data.summarise(project),
        extraction.extraction(project),
        estimator.estimator(project),
        scores.gesture(project),
    )
    shown = dict(zip(("data", "extraction", "estimator", "scores"), measured, strict=True))
    return (
        shown
        | _films(project, params)
        | {
            "project": project,
            "findings": findings(*measured),
            "reactions": reaction.scores(project),
            "sections": SECTIONS,
            "css": _asset("page.css"),
            "js": _asset("page.js"),
            "dag_layout": layout.layout(graph.read_stages(dvc)) if dvc.is_file() else None,
            "training": training.curves(project),
            "stills": stills.stills(project),
        }
    )


def _films(project: Project, params: Params) -> dict[str, Any]:
    examples, stretches = gesture.choose(project, params.report), clips.choose(project, params.report)
    calls: list[Callable[[], Any]] = [partial(gesture.view, example) for example in examples]
    calls += [partial(clips.view, stretch) for stretch in stretches]
    calls += [partial(reaction.view, example) for example in reaction.choose(project, params.report)]
    films = parallel.run(calls)
    first, last = len(examples), len(examples) + len(stretches)
    return {"gestures": films[:first], "clips": films[first:last], "reaction_views": films[last:]}


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("faceloom.report", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "prose": prose.html, "names": names}
    return environment


def names(curves: Strips) -> str:
    """What the rows of action units mean, in words."""
    return ", ".join(f"{row.label} {estimator.MEANINGS[row.label]}" for row in curves.rows) + "."


def _asset(name: str) -> Markup:
    """A file of this package that is part of the page as it is."""
    return Markup(files("faceloom.report").joinpath(name).read_text(encoding="utf-8"))  # noqa: S704  ours, not input
