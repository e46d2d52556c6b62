"""Train the expression network of reference 2 from a packed file and save it."""

from __future__ import annotations

from functools import partial

from faceloom.tasks.expression.network import ExpressionNetwork, NetworkConfig
from faceloom.tasks.pictures import classes


def build(width: int, n_classes: int) -> ExpressionNetwork:
    """The network, with initial weights from the seeded generator."""
    return ExpressionNetwork(NetworkConfig(width, n_classes))


train = partial(classes.train, "expression", build)
"""`train(packed, section, out)`: see `classes.train`; the section is train.expression of the params."""
