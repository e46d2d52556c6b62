"""A trained model of the expression network of reference 2, read from its folder."""

from __future__ import annotations

from pathlib import Path

from faceloom.tasks.expression.network import SIZE, ExpressionNetwork, NetworkConfig
from faceloom.tasks.pictures import folder
from faceloom.tasks.pictures.class_model import ClassModel


def load(model_dir: Path) -> ClassModel:
    """Read a model's folder, in evaluation mode on the CPU; raises InputError where it is absent or broken."""
    network, about = folder.load(model_dir, lambda **sizes: ExpressionNetwork(NetworkConfig(**sizes)))
    return ClassModel(network, about.classes, SIZE, about)
