"""Training of the tasks that put a face into one of several classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from faceloom.tasks.pictures.classifier import ClassifierModule, class_weights
from faceloom.tasks.pictures.fitting import fit_and_save, splits
from faceloom.tasks.pictures.recipe import ClassRecipe
from faceloom.tasks.trainer import History, seeded

R = TypeVar("R", bound=ClassRecipe)


def train(task: str, build: Callable[[R, int], nn.Module], packed: Path, recipe: R, out: Path) -> History:
    """Train a classifier and write its folder (see `folder`).

    Args:
        task: Its name.
        build: Its network from the recipe and the number of classes.
        packed: `<task>.h5`.
        recipe: train.<task> of the params.
        out: Folder of the model.

    Returns:
        The curves, a row per epoch.

    Raises:
        InputError: the training split is empty.
    """
    data, training, watched = splits(packed)
    counts = torch.bincount(torch.from_numpy(training.labels.astype(np.int64)), minlength=len(data.classes))
    weights = class_weights(counts, recipe.balance)
    seeded(recipe.seed)
    by_loss = recipe.balance_by == "loss"
    network = build(recipe, len(data.classes))
    module = ClassifierModule(network, recipe, weights if by_loss else torch.ones(len(data.classes)))
    chances = _chances(recipe, weights, training.labels)
    return fit_and_save(task, module, packed, training, watched, data.classes, out, chances)


def _chances(recipe: ClassRecipe, weights: Tensor, labels: NDArray[np.uint8]) -> Tensor | None:
    if not recipe.balance or recipe.balance_by == "loss":
        return None
    return weights[torch.from_numpy(labels.astype(np.int64))]
