"""Train the expression network of reference 2 from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faceloom.tasks.expression.network import ExpressionNetwork, NetworkConfig
from faceloom.tasks.pictures import classes
from faceloom.tasks.pictures.recipe import ClassRecipe
from faceloom.tasks.trainer import History


def train(packed: Path, section: Mapping[str, Any], out: Path) -> History:
    """Train and write the model's folder (see `classes.train`): `expression.h5`, train.expression of the params."""
    return classes.train("expression", build, packed, ClassRecipe(**section), out)


def build(recipe: ClassRecipe, n_classes: int) -> ExpressionNetwork:
    """The network, with initial weights from the seeded generator."""
    return ExpressionNetwork(NetworkConfig(recipe.width, n_classes))
