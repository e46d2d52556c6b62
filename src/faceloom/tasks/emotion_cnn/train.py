"""Train the emotion network of reference 3 from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faceloom.tasks.emotion_cnn.network import EmotionNetwork, NetworkConfig
from faceloom.tasks.pictures import classes
from faceloom.tasks.trainer import History


def train(packed: Path, section: Mapping[str, Any], out: Path) -> History:
    """Train and write the model's folder (see `pictures.folder`).

    Args:
        packed: `emotion_cnn.h5`.
        section: train.emotion_cnn of the params.
        out: Folder of the model.

    Returns:
        The curves, a row per epoch.

    Raises:
        InputError: the training split is empty.
    """
    return classes.train("emotion_cnn", build, packed, section, out)


def build(width: int, n_classes: int) -> EmotionNetwork:
    """The network, with initial weights from the seeded generator."""
    return EmotionNetwork(NetworkConfig(width, n_classes))
