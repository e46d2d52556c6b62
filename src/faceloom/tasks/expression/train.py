"""Train the expression network of reference 2 from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faceloom.tasks.expression.network import ExpressionNetwork, NetworkConfig
from faceloom.tasks.pictures import classes
from faceloom.tasks.trainer import History


def train(packed: Path, section: Mapping[str, Any], out: Path) -> History:
    """Train and write the model's folder (see `pictures.folder`).

    Args:
        packed: `expression.h5`.
        section: train.expression of the params.
        out: Folder of the model.

    Returns:
        The curves, a row per epoch.

    Raises:
        InputError: the training split is empty.
    """
    return classes.train("expression", build, packed, section, out)


def build(width: int, n_classes: int) -> ExpressionNetwork:
    """The network, with initial weights from the seeded generator."""
    return ExpressionNetwork(NetworkConfig(width, n_classes))
