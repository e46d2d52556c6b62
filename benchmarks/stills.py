"""Faces in stills on real data: `python benchmarks/stills.py [expression|emotion_cnn|keypoints ...] [--out]`.

Runs the same code as the stages (pack, train, evaluate) on ../shared/datasets:

- expression: reference 2's network on FER2013 without fear and neutral; trained on `Training`, scored on `PublicTest`;
- emotion_cnn: reference 3's network and settings (params/paper) on all of FER2013; its validation loss at every 100
  iterations beside the book's, which had 3,761 other faces to train on;
- keypoints: reference 2's network on real faces split by person, and the same network trained as by default on the
  studio's stills alone, cropped as tightly, on the same real test persons.

A model that `--work` already has is scored again without training. The packed files and models stay there.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from _script import parser, report, skip
from faceloom import params
from faceloom.metrics import keypoints as metrics
from faceloom.runtime import Runtime
from faceloom.stills.pack import Settings, pack
from faceloom.stills.packed import load
from faceloom.stills.points import EYES
from faceloom.tasks.keypoints import checkpoint
from faceloom.tasks.pictures import fitting
from faceloom.tasks.trainer import choose_device

SHARED = Path(__file__).resolve().parents[2] / "shared" / "datasets"
FER, FACES = SHARED / "fer2013/fer2013.csv.gz", SHARED / "facial_keypoints/training.csv.gz"
BOOK = (1.963, 1.822, 1.335, 1.112, 0.999, 0.931, 0.911, 0.818, 0.824, 0.803, 0.851)
"""Reference 3: validation loss at iterations 0, 100, ... 1,000."""
TIGHT = 1.2
"""Side of a real face's crop over the box of its 68 landmarks, about."""

AUGMENT = {"rotation": 12.0, "shift": 0.08}
RUNS: dict[str, dict[str, Any]] = {
    "expression": {
        "learning_rate": 2e-3, "batch_size": 64, "epochs": 28, "patience": 100, "ema": 0.998, "balance": 0.0,
        "label_smoothing": 0.05, "small": 0.4, "augment": AUGMENT,
    },
    "keypoints": {"learning_rate": 1e-3, "batch_size": 32, "epochs": 24, "patience": 100},
}  # fmt: skip
"""Changes to the defaults of params.yaml; longer runs with `--epochs`."""


def section(task: str, epochs: int | None) -> dict[str, Any]:
    """train.<task> of a run."""
    if task == "emotion_cnn":
        preset = yaml.safe_load(Path("params/paper/emotion_cnn.yaml").read_text(encoding="utf-8"))
        return preset["train"][task] | {"summaries": None}
    base = getattr(params.Params().train, task).model_dump()
    changes = RUNS[task] | ({"epochs": epochs} if epochs else {})
    return base | changes | {"augment": base["augment"] | changes.get("augment", {})}


def trained(task: str, data: Settings, settings: dict[str, Any], work: Path) -> dict[str, Any]:
    """Pack, train and evaluate, each unless it is done; the scores and what the training took."""
    packed, model, run = work / f"{task}.h5", work / "models" / task, work / f"{task}-run.json"
    if not packed.is_file():
        print(*pack(task, data, packed), sep="\n")
    if not run.is_file():
        start = time.time(), time.process_time()
        import_module(f"faceloom.tasks.{task}.train").train(packed, settings, model)
        took = {"wall": time.time() - start[0], "cpu": time.process_time() - start[1], "epochs": settings["epochs"]}
        run.write_text(json.dumps(took | {"threads": fitting.THREADS}))
    evaluate = import_module(f"faceloom.tasks.{task}.evaluate").evaluate
    scores = evaluate(packed, model, work / f"{task}.json", work / "metrics" / task)
    return scores | {"run": json.loads(run.read_text()), "training": len(load(packed).of("train"))}


def expression(work: Path, epochs: int | None) -> Iterator[str]:
    """FER2013, five classes."""
    data = Settings(str(FER), val=0.05, classes="five", sharpness="restore")
    scores = trained("expression", data, section("expression", epochs), work)
    yield f"\n## expression, five classes of FER2013\n\n{budget(scores)} {sharpness(work / 'expression.h5')}\n"
    yield "| PublicTest | this network | reference 2, its own split | majority |\n|---|---|---|---|"
    for name, published in (("accuracy", 0.75), ("macro_f1", 0.67), ("balanced_accuracy", 0.65), ("ece", None)):
        yield f"| {name} | {scores[name]:.3f} | {published or '-'} | {scores[f'baseline_{name}']:.3f} |"
    yield ""
    yield pd.read_csv(work / "metrics/expression/classes.csv").round(3).to_markdown(index=False)


def sharpness(packed: Path) -> str:
    """What was done about splits of unequal sharpness."""
    found = load(packed).blurred
    if not found:
        return "Its splits are equally sharp."
    sigmas = ", ".join(f"{name} by sigma {sigma:g} pixels" for name, sigma in found.items())
    return (
        f"Its training pictures are out of focus: {sigmas} blurred alike, then that blur undone in all splits "
        "(`sharpness: restore`; the blur is estimated from pixels, without labels)."
    )


def emotion_cnn(work: Path, _: int | None) -> Iterator[str]:
    """FER2013, seven classes, the book's loop."""
    data = Settings(str(FER), val=0.1, classes="seven", sharpness="restore")
    scores = trained("emotion_cnn", data, section("emotion_cnn", None), work)
    curve = pd.read_csv(work / "models/emotion_cnn/history.csv")
    losses = dict(zip(curve["iteration"], curve["val_loss"], strict=True))
    yield f"\n## emotion_cnn, seven classes of FER2013\n\n{budget(scores)}\n"
    yield "| iteration | validation loss here | the book's |\n|---|---|---|"
    for iteration, book in zip(range(0, 1001, 100), BOOK, strict=True):
        here = losses.get(iteration, scores_at_start(work) if iteration == 0 else float("nan"))
        yield f"| {iteration} | {here:.3f} | {book} |"
    yield f"\nPublicTest: accuracy {scores['accuracy']:.3f}, macro F1 {scores['macro_f1']:.3f}."


def scores_at_start(work: Path) -> float:
    """Validation loss of the untrained network, penalty included."""
    import torch

    from faceloom.metrics.classification import scores
    from faceloom.tasks.emotion_cnn.train import build
    from faceloom.tasks.pictures.inputs import as_input
    from faceloom.tasks.pictures.recipe import EmotionRecipe
    from faceloom.tasks.trainer import seeded

    settings, faces = section("emotion_cnn", None), load(work / "emotion_cnn.h5").of("val")
    seeded(settings["seed"])
    network = build(EmotionRecipe(**settings), len(faces.classes)).eval()
    with torch.inference_mode():
        p = network(as_input(faces.images, 48)).softmax(dim=1).numpy()
        return scores(p, faces.labels.astype(np.int64))["loss"] + settings["penalty"] * float(network.penalty())


def keypoints(work: Path, epochs: int | None) -> Iterator[str]:
    """Real faces by person; the studio's faces, scored on the real ones."""
    real = trained("keypoints", Settings(str(FACES)), section("keypoints", epochs), work)
    studio_work, defaults = work / "studio", params.Train().keypoints.model_dump()
    studio = trained("keypoints", Settings("data/stills", margin=TIGHT), defaults, studio_work)
    faces = load(work / "keypoints.h5").of("test")
    found = checkpoint.load(studio_work / "models/keypoints").predict(faces.images)
    shape = np.broadcast_to(metrics.mean_shape(load(work / "keypoints.h5").of("train").points), faces.points.shape)
    yield f"\n## keypoints, {len(faces)} real faces of persons not trained on\n\n{budget(real)}\n"
    yield "| predictor | RMSE px of 96 | NME | argmax agreement |\n|---|---|---|---|"
    for name, guess in (("mean shape", shape), ("trained on the studio alone", found)):
        yield row(name, metrics.rmse(guess, faces.points), metrics.nme(guess, faces.points, EYES), guess, faces.points)
    yield f"| trained on real faces | {real['rmse']:.3f} | {real['nme']:.4f} | {real['argmax_agreement']:.3f} |"
    yield (
        f"\nOn the studio's own held-out identities that model has {studio['rmse']:.3f} px (NME {studio['nme']:.4f}). "
        f"The gap on real faces is {metrics.rmse(found, faces.points) - real['rmse']:.3f} px; "
        f"{offset(found, faces.points)}"
    )


def row(name: str, rmse: float, nme: float, guess: Any, points: Any) -> str:
    """One predictor."""
    return f"| {name} | {rmse:.3f} | {nme:.4f} | {metrics.argmax_agreement(guess, points):.3f} |"


def offset(found: Any, points: Any) -> str:
    """How much of an error is one mean offset per point: how differently two sets define their points."""
    rest = metrics.rmse(found - np.nanmean(found - points, axis=0), points)
    return f"without the mean offset of each point, which is how differently the sets place them, it has {rest:.3f} px."


def budget(scores: dict[str, Any]) -> str:
    """What the training took."""
    run = scores["run"]
    return (
        f"{scores['training']:,} training faces, {run['epochs']} epochs, {run['threads']} thread(s): "
        f"{run['cpu'] / 60:.0f} min of processor time, {run['wall'] / 60:.0f} min on the clock of a shared machine."
    )


TASKS = {"expression": expression, "emotion_cnn": emotion_cnn, "keypoints": keypoints}
NEEDS = {"expression": (FER,), "emotion_cnn": (FER,), "keypoints": (FACES, Path("data/stills"))}


def ready(task: str) -> bool:
    """Whether a task's data are there; says which are not."""
    absent = [path for path in NEEDS[task] if not path.exists()]
    for path in absent:
        print(f"{task}: skipped: {os.path.relpath(path)} is not there.")
    return not absent


def table(tasks: list[str], arguments: argparse.Namespace) -> Iterator[str]:
    """Of some tasks, line by line."""
    yield f"{choose_device(Runtime.load().device)[0]}, {arguments.threads} thread(s)."
    for task in tasks:
        yield from TASKS[task](arguments.work, arguments.epochs)


def main() -> None:
    """Run what was asked for, or all."""
    found = parser(__doc__)
    found.add_argument("tasks", nargs="*", choices=[*TASKS, []], default=[])
    found.add_argument("--work", type=Path, default=Path(".faceloom/benchmarks/stills"))
    found.add_argument("--epochs", type=int, help="in place of the table's budget")
    found.add_argument("--threads", type=int, default=fitting.THREADS)
    arguments = found.parse_args()
    fitting.THREADS = arguments.threads
    tasks = [task for task in arguments.tasks or TASKS if ready(task)]
    if not tasks:
        skip("lay the shared data sets beside the project.")
    report("Faces in stills on real data", table(tasks, arguments), out=arguments.out)


if __name__ == "__main__":
    main()
