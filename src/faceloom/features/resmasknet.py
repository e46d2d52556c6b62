"""ResMaskNet's features (Pham et al., ICPR 2020): 512 a face, the pooled last map before the seven expressions.

A ResNet-34 whose four stages are each weighted by a small U-Net: x becomes x * (1 + mask(x)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from faceloom.features.resnet import BasicBlock, ResNet
from faceloom.features.weight_features import Floats, Images, WeightFeatures


class Mask(nn.Module):
    """U-Net of residual blocks over one stage's map; softmax over its channels.

    `conv1` .. `conv<depth>` go down (twice the channels, half the size each), the next ones up, joined with the way
    down, and the last back to the stage's channels.
    """

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        self.depth = depth
        self.down_pooling = nn.MaxPool2d(2)
        width = [channels * 2**i for i in range(depth + 1)]
        for i in range(1, depth + 1):
            self.add_module(f"conv{i}", BasicBlock(width[i - 1], width[i], project=True))
        for i in range(1, depth):
            wide, narrow = width[depth - i + 1], width[depth - i]
            up = nn.Sequential(nn.ConvTranspose2d(wide, narrow, 2, 2), nn.BatchNorm2d(narrow), nn.ReLU())
            self.add_module(f"up_pool{depth + i}", up)
            self.add_module(f"conv{depth + i}", BasicBlock(wide, narrow, project=True))
        self.add_module(f"conv{2 * depth}", BasicBlock(width[1], width[0], project=True))

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to the same, h and w divisible by 2 ** (depth - 1)."""
        down = [self._conv(1, x)]
        for i in range(2, self.depth + 1):
            down.append(self._conv(i, self.down_pooling(down[-1])))
        y = down.pop()
        for i in range(self.depth + 1, 2 * self.depth):
            y = self._conv(i, torch.cat([self.get_submodule(f"up_pool{i}")(y), down.pop()], 1))
        return torch.softmax(self._conv(2 * self.depth, y), 1)

    def _conv(self, number: int, x: Tensor) -> Tensor:
        out: Tensor = self.get_submodule(f"conv{number}")(x)
        return out


class ResMaskNet(ResNet):
    """The network under its published names."""

    def __init__(self) -> None:
        super().__init__(BasicBlock, (3, 4, 6, 3))
        self.mask1, self.mask2 = Mask(64, 4), Mask(128, 3)
        self.mask3, self.mask4 = Mask(256, 2), Mask(512, 1)

    def features(self, faces: Tensor) -> Tensor:
        """(n, 3, 224, 224), grey in all three channels, 0-1, to (n, 512)."""
        x = self.stem(faces)
        for stage, mask in (
            (self.layer1, self.mask1),
            (self.layer2, self.mask2),
            (self.layer3, self.mask3),
            (self.layer4, self.mask4),
        ):
            x = stage(x)
            x = x * (1 + mask(x))
        return x.mean((2, 3))


@dataclass(frozen=True)
class ResMaskNetFeatures(WeightFeatures):
    """Grey faces of 224 pixels, as the network was trained on FER2013."""

    name: ClassVar[str] = "resmasknet"
    project: ClassVar[str] = "ResidualMaskingNetwork"
    width: ClassVar[int] = 512

    @classmethod
    def build(cls, tensors: Mapping[str, Tensor]) -> nn.Module:  # noqa: ARG003 - there is one size of it
        """The network."""
        return ResMaskNet()

    @classmethod
    def prepare(cls, face: Images) -> Floats:
        """Grey, 224 pixels, 0-1."""
        grey = cv2.resize(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), (224, 224), interpolation=cv2.INTER_LINEAR)
        return np.repeat(grey[None].astype(np.float32) / 255, 3, axis=0)
