"""The keypoint network of reference 2: a residual trunk and three dense layers, 18,016,286 parameters.

Keras counts the running statistics of batch normalisation: 18,007,710 are trained, 8,576 are those. The last layer has
a ReLU, as coordinates are never negative. A unit that starts below zero for every picture would get no gradient, so its
bias starts at the mean shape of the training faces (`start_from`).
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from faceloom.tasks.pictures.residual import glorot, trunk

SIZE = 96
"""Side of the pictures."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes; the defaults are the reference's."""

    width: int = 64
    points: int = 15


class KeypointNetwork(nn.Module):
    """Grey faces to the coordinates of their points."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.trunk = trunk(width)
        self.pool = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.head = nn.Sequential(
            OrderedDict(
                dense1=nn.Linear(8 * width * 2 * 2, 64 * width),
                relu1=nn.ReLU(inplace=True),
                drop1=nn.Dropout(0.2),
                dense2=nn.Linear(64 * width, 32 * width),
                relu2=nn.ReLU(inplace=True),
                drop2=nn.Dropout(0.1),
                dense3=nn.Linear(32 * width, 2 * config.points),
                relu3=nn.ReLU(),
            )
        )
        self.apply(glorot)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, 1, 96, 96), 0-1, to points (N, points, 2): x and y in pixels of the picture."""
        y: Tensor = self.head(self.flatten(self.pool(self.trunk(x))))
        return y.view(-1, self.config.points, 2)

    def start_from(self, shape: Tensor) -> None:
        """Let an untrained network predict about this shape (points, 2), pixels."""
        with torch.no_grad():
            self.head.get_parameter("dense3.bias").copy_(shape.flatten())
