"""From packed faces and a module to its training curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from faceloom.errors import InputError
from faceloom.stills.packed import Packed, load
from faceloom.tasks.pictures import folder
from faceloom.tasks.pictures.module import PictureModule
from faceloom.tasks.pictures.recipe import Recipe
from faceloom.tasks.trainer import History, Plan, fast_precision, fingerprint, fit, identity, loader

THREADS = 2


class Faces(Dataset[dict[str, Tensor]]):
    """Packed faces as tensors: `image` uint8 (N, S, S), `label` (N,) and `points` (N, 15, 2); takes a list of rows."""

    def __init__(self, packed: Packed) -> None:
        self.tensors = {
            "image": torch.from_numpy(packed.images),
            "label": torch.from_numpy(packed.labels.astype("int64")),
            "points": torch.from_numpy(packed.points),
        }

    def __getitem__(self, rows: Any) -> dict[str, Tensor]:
        """A batch."""
        return {name: tensor[rows] for name, tensor in self.tensors.items()}


def splits(path: Path) -> tuple[Packed, Packed, Packed]:
    """The packed faces, those to train on, and those that early stopping goes by.

    Raises:
        InputError: no face to train on, or the file is none.
    """
    packed = load(path)
    training, watched = packed.of("train"), packed.of("val")
    if not len(training):
        raise InputError(f"{path}: no face in the training split; add faces or change the split.")
    if not len(watched):
        print(f"{path.stem}: no validation faces, so early stopping goes by the training faces")
        watched = training
    return packed, training, watched


def fit_and_save(
    task: str,
    module: PictureModule,
    packed: Path,
    training: Packed,
    watched: Packed,
    names: Sequence[str],
    out: Path,
    chances: Tensor | None = None,
) -> History:
    """Train a module on a packed file's faces and write the model's folder (see `folder`).

    Args:
        task: Its name.
        module: The module.
        packed: The file.
        training: Its faces to learn from.
        watched: Its faces that early stopping and the best weights go by.
        names: Of what the network says: points or classes.
        out: Folder of the model.
        chances: See `fit_pictures`.

    Returns:
        The curves, a row per epoch.
    """
    digest = fingerprint(packed)
    history = fit_pictures(task, module, training, watched, digest, chances)
    about = folder.About(tuple(names), asdict(module.recipe), digest, training.framing)
    folder.save(out, module.finished(), about, history)
    return history


def fit_pictures(
    task: str, module: PictureModule, training: Packed, watched: Packed, digest: str, chances: Tensor | None = None
) -> History:
    """Train a module; leaves it with the best weights.

    Args:
        task: Its name.
        module: The module.
        training: Faces to learn from.
        watched: Faces that early stopping and the best weights go by.
        digest: Of the packed file.
        chances: How often each face is drawn (len(training),), in any unit; None draws each once an epoch.

    Returns:
        The curves, a row per epoch, with the number of steps so far as `iteration`.
    """
    r = module.recipe
    batches = r.validate_every if chances is None else (r.validate_every or -(-len(training) // r.batch_size))
    history = fit(
        module,
        loader(Faces(training), len(training), r.batch_size, r.seed, batches=batches, chances=chances),
        loader(Faces(watched), len(watched), max(256, r.batch_size)),
        plan(task, r, digest),
    )
    steps = batches or -(-len(training) // r.batch_size)
    return [{"iteration": (row["epoch"] + 1) * steps, **row} for row in history]


def plan(task: str, recipe: Recipe, digest: str) -> Plan:
    """The run that a recipe asks for."""
    precision = fast_precision() if recipe.precision == "auto" else (recipe.precision, "train.precision asks for it")
    return Plan(
        task,
        identity(recipe, digest, precision=precision[0]),
        recipe.epochs,
        recipe.patience,
        recipe.seed,
        threads=THREADS,
        precision=precision[0],
        why=precision[1],
        monitor=recipe.monitor,
        summaries=recipe.summaries,
    )
