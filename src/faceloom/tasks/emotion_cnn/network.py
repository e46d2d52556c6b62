"""The convolutional network of reference 3: two convolutions, two dense layers, logits of seven emotions.

Its loss has an L2 term (half the sum of squares, times 0.01) of the weights and biases of the convolutions alone: with
that of the dense layers, which the reference's text leaves open, the loss would start near 6 rather than at 1.96.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SIZE = 48
"""Side of the pictures."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes; the defaults are the reference's.

    Attributes:
        width: Filters of the first convolution.
        classes: Logits.
        standardise: Take each picture's mean off and divide by its deviation first. The reference does not; its small
            initial weights then see little but the mean brightness, and a small set may never get past that.
    """

    width: int = 32
    classes: int = 7
    standardise: bool = False


class EmotionNetwork(nn.Module):
    """Grey faces to logits of their emotion."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.features = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(1, width, 5, padding=2),
                relu1=nn.ReLU(inplace=True),
                pool1=nn.MaxPool2d(2),
                conv2=nn.Conv2d(width, 2 * width, 3, padding=1),
                relu2=nn.ReLU(inplace=True),
                pool2=nn.MaxPool2d(2),
            )
        )
        self.flatten = nn.Flatten()
        self.head = nn.Sequential(
            OrderedDict(
                dense1=nn.Linear(2 * width * (SIZE // 4) ** 2, 8 * width),
                relu=nn.ReLU(inplace=True),
                drop=nn.Dropout(0.5),
                dense2=nn.Linear(8 * width, config.classes),
            )
        )
        self.apply(truncated)

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (N, 1, 48, 48), 0-1, to logits (N, classes)."""
        x = standardised(x) if self.config.standardise else x
        logits: Tensor = self.head(self.flatten(self.features(x)))
        return logits

    def penalty(self) -> Tensor:
        """Half the sum of squares of the convolutions' weights and biases."""
        return torch.stack([parameter.square().sum() for parameter in self.features.parameters()]).sum() / 2


def standardised(x: Tensor) -> Tensor:
    """Pictures (N, 1, H, W), each with mean 0 and deviation 1; a plain one stays near 0."""
    centred = x - x.mean((1, 2, 3), keepdim=True)
    return centred / centred.square().mean((1, 2, 3), keepdim=True).sqrt().clamp(min=1e-3)


def truncated(module: nn.Module) -> None:
    """The reference's initial weights: a normal of deviation 0.02, cut at two deviations; biases 0."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
        nn.init.constant_(module.bias, 0.0)  # type: ignore[arg-type]
