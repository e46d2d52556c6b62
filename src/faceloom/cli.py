"""The `faceloom` command. Every part imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from faceloom.errors import InputError

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Recordings of faces to models and metrics.")
cache = typer.Typer(no_args_is_help=True, help="The per-clip cache of extracted features.")
cli.add_typer(cache, name="cache")
coefficients = typer.Typer(no_args_is_help=True, help="Reactions as coefficients of a 3D face model.")
cli.add_typer(coefficients, name="coefficients")
console = Console(highlight=False)


def app() -> None:
    """Entry point: bad input is one line on stderr and exit status 1, never a traceback."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads cost torch its speed on a busy machine
    try:
        cli()
    except InputError as error:
        sys.exit(f"error: {error}")


@cli.command()
def doctor() -> None:
    """What is installed, which weights are present, and what will be skipped and why."""
    from faceloom.doctor import examine

    marks = {"ok": "[green]ok[/]", "absent": "[yellow]absent[/]", "wrong": "[red]wrong[/]"}
    table = Table("part", "state", "what it means", box=None, pad_edge=False)
    findings = examine()
    for finding in findings:
        table.add_row(finding.part, marks[finding.state], escape(finding.meaning))
    console.print(table)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


@cli.command()
def describe(
    task: Annotated[str, typer.Argument(help="gesture, keypoints, expression, emotion_cnn or reaction")],
    preset: Annotated[str | None, typer.Option(help="a folder of params/, for example paper")] = None,
) -> None:
    """A task's network: layers, output shapes, parameter counts."""
    from faceloom.describe import layers

    rows = layers(task, preset)
    table = Table("layer", "kind", "output shape", "parameters", box=None, pad_edge=False)
    table.columns[3].justify = "right"
    for row in rows:
        table.add_row(row.name, row.kind, row.shape, f"{row.parameters:,}")
    table.add_row("[bold]total[/]", "", "", f"[bold]{sum(row.parameters for row in rows):,}[/]")
    console.print(table)


@cli.command()
def report(out: Annotated[Path, typer.Option(help="the page to write")] = Path("metrics/report/index.html")) -> None:
    """Write the HTML report from what the stages have produced so far."""
    from faceloom import params
    from faceloom.report import build

    build(Path(), out, params.load())
    console.print(f"wrote {out}")


@cli.command()
def score(
    predictions: Annotated[Path, typer.Argument(help="generated reactions, .npy (N, 10, T, 25)")],
    real: Annotated[Path, typer.Option(help="real reactions, .npy (N, T, 25)")],
    speaker: Annotated[Path, typer.Option(help="speakers, .npy (N, T, 25)")],
    appropriate: Annotated[Path, typer.Option(help="which reaction is appropriate for whom, .npy or .npz (N, N)")],
    train_real: Annotated[Path | None, typer.Option(help="reactions that the mean baselines average")] = None,
    features: Annotated[Path | None, typer.Option(help="Inception features of rendered predictions (n, d)")] = None,
    real_features: Annotated[Path | None, typer.Option(help="the same of rendered real reactions (m, d)")] = None,
    inception: Annotated[str | None, typer.Option(help="Inception weights: render reactions for FRRea")] = None,
    frame_stride: Annotated[int, typer.Option(min=1, help="render one frame in so many for FRRea")] = 25,
    baselines: Annotated[bool, typer.Option(help="also score the naive predictors")] = True,
    out: Annotated[Path | None, typer.Option(help="write the table here, .json or .csv")] = None,
) -> None:
    """The REACT metrics of generated listener reactions, beside naive baselines."""
    from faceloom import score as scoring
    from faceloom.progress import bar

    inputs = scoring.Inputs.open(predictions, real, speaker, appropriate, train_real)
    scoring.check_out(out)
    weights = scoring.inception_weights(inception, features, real_features)
    if weights:
        rendered = scoring.rendered_realism(inputs, baselines, weights, frame_stride)
    else:
        rendered = scoring.realism(inputs, features, real_features)
    with bar("reactions", inputs.clips * len(inputs.names(baselines))) as advance:
        rows = scoring.score(inputs, baselines, rendered, advance)
    columns = list(next(iter(rows.values())))
    table = Table("", *columns, box=None, pad_edge=False)
    for name, row in rows.items():
        table.add_row(escape(name), *(scoring.shown(row.get(column)) for column in columns))
    console.print(table)
    for note in scoring.notes(rows):
        console.print(note, style="dim")
    if out:
        scoring.write(rows, out)
        console.print(f"wrote {out}")


@cli.command()
def predict(
    paths: Annotated[list[Path], typer.Argument(help="pictures, films, and folders of them", metavar="PATH...")],
    out: Annotated[Path, typer.Option(help="folder for the table and the annotated pictures")] = Path("predictions"),
    csv: Annotated[bool, typer.Option("--csv", help="write the table as CSV rather than Parquet")] = False,
    model: Annotated[
        list[str] | None, typer.Option(help="keypoints, expression, emotion_cnn, action_units; may be repeated")
    ] = None,
    pictures: Annotated[bool, typer.Option(help="draw what was found")] = True,
    cropped: Annotated[bool, typer.Option("--cropped", help="each picture is one face already, nothing else")] = False,
    min_size: Annotated[float, typer.Option(help="smallest face, relative to a picture's shorter side")] = 0.08,
    models: Annotated[Path, typer.Option(help="folder of the trained models")] = Path("models"),
) -> None:
    """Find every face and say its points, expression, action units and pose."""
    from faceloom.prediction.request import Request
    from faceloom.progress import bar

    request = Request.check(
        paths, models, model or (), out=out, csv=csv, pictures=pictures, cropped=cropped, min_size=min_size
    )
    with bar("frames", request.frames()) as advance:
        outcome = request.run(advance)
    for sentence in outcome.sentences():
        console.print(escape(sentence), soft_wrap=True)
    console.print(f"wrote {request.table}")


@cli.command()
def react(
    recording: Annotated[Path, typer.Argument(help="film of the speaker", metavar="SPEAKER")],
    task: Annotated[str, typer.Option(help="online (knows no future) or offline")] = "online",
    samples: Annotated[int, typer.Option(help="reactions")] = 10,
    out: Annotated[Path, typer.Option(help="folder for predictions.npy, table and film")] = Path("reactions"),
    seed: Annotated[int, typer.Option(help="of what is drawn: one seed, one result")] = 0,
    models: Annotated[Path, typer.Option(help="folder of the trained models")] = Path("models"),
    coefficients: Annotated[Path | None, typer.Option(help="model that adds coefficients of a 3D face model")] = None,
) -> None:
    """Generate a listener's reactions to a recording of a speaker, and show them on 3D heads."""
    from faceloom import params
    from faceloom.reaction.react import Request
    from faceloom.reaction.react import react as generate

    request = Request(recording, task, samples, out, models, seed, coefficients)
    found = params.load() if Path("params.yaml").is_file() else params.Params()
    made = generate(request, found)
    console.print(f"{samples} {task} reactions to {made.frames / 25:.1f} s of {escape(recording.name)}", soft_wrap=True)
    for path in filter(None, (made.predictions, made.coefficients, made.table, made.film)):
        console.print(f"wrote {path}", soft_wrap=True)
    if made.film is None:
        console.print("no film: the studio's head is not installed (requirements-assets.txt)", style="dim")


@cli.command()
def export(
    task: Annotated[str, typer.Argument(help="keypoints, expression or emotion_cnn")],
    path: Annotated[Path, typer.Argument(help="file to write, .onnx")],
    models: Annotated[Path, typer.Option(help="folder of the trained models")] = Path("models"),
) -> None:
    """Write a trained network as ONNX, checked against PyTorch."""
    from faceloom.export import export as write

    for name, text in write(task, path, models).items():
        console.print(f"{name}: {escape(text)}", soft_wrap=True)
    console.print(f"wrote {path}")


@coefficients.command("train")
def train_coefficients(
    data: Annotated[Path, typer.Argument(help="folder in the REACT layout, or with Emotion and 3D_FV_files")],
    out: Annotated[Path, typer.Option(help="folder of the model")] = Path("models/coefficients"),
    epochs: Annotated[int, typer.Option(help="at most", min=1)] = 200,
    learning_rate: Annotated[
        float, typer.Option(help="of Adam; ten times as much for a few dozen clips", min=0.0)
    ] = 1e-4,
    residual: Annotated[
        bool, typer.Option(help="learn what a linear map of each frame misses; the published network learns all")
    ] = True,
    seed: Annotated[int, typer.Option(help="of the first weights and the order")] = 7,
) -> None:
    """Learn FaceVerse coefficients from the 25 attributes, and score them on held-out people."""
    from faceloom.coefficients.module import Settings
    from faceloom.coefficients.train import train

    settings = Settings(seed=seed, residual=residual, learning_rate=learning_rate, epochs=epochs)
    model, found = train(data, settings, out)
    for sentence in found.sentences():
        console.print(escape(sentence), soft_wrap=True)
    columns = list(next(iter(model.scores.values())))
    table = Table("RMSE, held-out clips", *columns, box=None, pad_edge=False)
    for name, row in model.scores.items():
        table.add_row(escape(name), *(f"{row[column]:.4g}" for column in columns))
    console.print(table)
    console.print(f"wrote {out}", soft_wrap=True)


@cache.command("stats")
def cache_stats() -> None:
    """Entries, size, and the hits and misses of each extractor's last run."""
    from faceloom.runtime import Runtime
    from faceloom.store.housekeeping import stats

    table = Table("extractor", "entries", "MB", "unused", "hits", "computed", "failed", box=None, pad_edge=False)
    for row in stats(Runtime.load().cache):
        counts = (row.entries, f"{row.size / 1e6:.1f}", row.unused, row.hits, row.computed, row.failed)
        table.add_row(row.name, *map(str, counts))
    console.print(table if table.row_count else "the cache is empty")


@cache.command("gc")
def cache_gc() -> None:
    """Free what the last runs did not use (it would be computed again if needed)."""
    from faceloom.runtime import Runtime
    from faceloom.store.housekeeping import gc

    count, size = gc(Runtime.load().cache)
    console.print(f"removed {count} entries, {size / 1e6:.1f} MB")
