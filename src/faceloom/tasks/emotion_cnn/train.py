"""Train the emotion network of reference 3 from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faceloom.tasks.emotion_cnn.network import EmotionNetwork, NetworkConfig
from faceloom.tasks.pictures import classes
from faceloom.tasks.pictures.recipe import EmotionRecipe
from faceloom.tasks.trainer import History


def train(packed: Path, section: Mapping[str, Any], out: Path) -> History:
    """Train and write the model's folder (see `classes.train`): `emotion_cnn.h5`, train.emotion_cnn of the params."""
    return classes.train("emotion_cnn", build, packed, EmotionRecipe(**section), out)


def build(recipe: EmotionRecipe, n_classes: int) -> EmotionNetwork:
    """The network, with initial weights from the seeded generator."""
    return EmotionNetwork(NetworkConfig(recipe.width, n_classes, recipe.standardise))
