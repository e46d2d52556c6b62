"""Train the emotion network of reference 3 from a packed file and save it."""

from __future__ import annotations

from functools import partial

from faceloom.tasks.emotion_cnn.network import EmotionNetwork, NetworkConfig
from faceloom.tasks.pictures import classes


def build(width: int, n_classes: int) -> EmotionNetwork:
    """The network, with initial weights from the seeded generator."""
    return EmotionNetwork(NetworkConfig(width, n_classes))


train = partial(classes.train, "emotion_cnn", build)
"""`train(packed, section, out)`: see `classes.train`; the section is train.emotion_cnn of the params."""
