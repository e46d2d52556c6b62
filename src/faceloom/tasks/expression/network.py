"""The expression network of reference 2: a residual trunk and one dense layer, 1,174,021 parameters for five classes.

Keras counts the running statistics of batch normalisation: 1,165,445 are trained, 8,576 are those. Pictures of another
size than 96, such as FER2013's 48, are enlarged first.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from faceloom.tasks.pictures.residual import glorot, trunk

SIZE = 96
"""Side of the pictures that the trunk sees."""

SMALL = 48
"""Side of FER2013's pictures."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes; the defaults are the reference's."""

    width: int = 64
    classes: int = 5


class ExpressionNetwork(nn.Module):
    """Grey faces to logits of their expression; the reference's softmax is part of the loss."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.enlarge = Enlarge()
        self.trunk = trunk(config.width)
        self.pool = nn.AvgPool2d(4)
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(8 * config.width, config.classes)
        self.apply(glorot)

    def forward(self, x: Tensor) -> Tensor:
        """Square pictures (N, 1, S, S), 0-1, to logits (N, classes)."""
        logits: Tensor = self.dense(self.flatten(self.pool(self.trunk(self.enlarge(x)))))
        return logits


class Enlarge(nn.Module):
    """Bilinear scaling of FER2013's pictures to the trunk's size."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 48, 48) to (N, 1, 96, 96); other sizes stay, for training on smaller pictures."""
        if x.shape[-1] != SMALL:
            return x
        return nn.functional.interpolate(x, (SIZE, SIZE), mode="bilinear", align_corners=False)
