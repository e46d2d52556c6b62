"""A trained model of the emotion network of reference 3, read from its folder."""

from __future__ import annotations

from pathlib import Path

from faceloom.tasks.emotion_cnn.network import SIZE, EmotionNetwork, NetworkConfig
from faceloom.tasks.pictures import folder
from faceloom.tasks.pictures.class_model import ClassModel


def load(model_dir: Path) -> ClassModel:
    """Read a model's folder, in evaluation mode on the CPU; raises InputError where it is absent or broken."""
    network, about = folder.load(model_dir, lambda **sizes: EmotionNetwork(NetworkConfig(**sizes)))
    return ClassModel(network, about.classes, SIZE, about)
