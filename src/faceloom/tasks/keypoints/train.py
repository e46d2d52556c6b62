"""Train the keypoint network from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from faceloom.metrics.keypoints import mean_shape
from faceloom.stills.points import KEYPOINTS
from faceloom.tasks.keypoints.module import KeypointModule
from faceloom.tasks.keypoints.network import KeypointNetwork, NetworkConfig
from faceloom.tasks.pictures.fitting import fit_and_save, splits
from faceloom.tasks.pictures.recipe import Recipe
from faceloom.tasks.trainer import History, seeded


def train(packed: Path, section: Mapping[str, Any], out: Path) -> History:
    """Train and write the model's folder (see `pictures.folder`).

    Args:
        packed: `keypoints.h5`.
        section: train.keypoints of the params.
        out: Folder of the model.

    Returns:
        The curves, a row per epoch.

    Raises:
        InputError: the training split is empty.
    """
    recipe = Recipe(**section)
    _, training, watched = splits(packed)
    seeded(recipe.seed)
    network = KeypointNetwork(NetworkConfig(recipe.width, len(KEYPOINTS)))
    network.start_from(torch.from_numpy(mean_shape(training.points)))
    module = KeypointModule(network, recipe)
    return fit_and_save("keypoints", module, packed, training, watched, KEYPOINTS, out)
