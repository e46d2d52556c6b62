"""ResNet (He et al., 2016) without its head, under torchvision's tensor names."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn


def conv(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    """A convolution that keeps the picture's size but for the stride; its bias is the batch norm's."""
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """The projection beside a block whose shape changes."""
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions (ResNet-18 and 34)."""

    expansion: ClassVar[int] = 1

    def __init__(self, inputs: int, width: int, stride: int = 1, *, project: bool = False) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3), nn.BatchNorm2d(width)
        self.downsample = shortcut(inputs, width, stride) if project else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, width, h / stride, w / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions (ResNet-50 and deeper)."""

    expansion: ClassVar[int] = 4

    def __init__(self, inputs: int, width: int, stride: int = 1, *, project: bool = False) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1, self.bn1 = conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, outputs, 1), nn.BatchNorm2d(outputs)
        self.downsample = shortcut(inputs, outputs, stride) if project else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, 4 width, h / stride, w / stride)."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        return torch.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """Stem and four stages; `forward` gives the last stage's map at a 32nd of the input's size."""

    def __init__(self, block: type[BasicBlock | Bottleneck], depths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        e = block.expansion
        self.layer1 = _stage(block, 64, 64, depths[0], 1)
        self.layer2 = _stage(block, 64 * e, 128, depths[1], 2)
        self.layer3 = _stage(block, 128 * e, 256, depths[2], 2)
        self.layer4 = _stage(block, 256 * e, 512, depths[3], 2)

    def stem(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, 64, h / 4, w / 4)."""
        pooled: Tensor = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        return pooled

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, h, w) to (n, 512 * expansion, h / 32, w / 32)."""
        last: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        return last


def _stage(block: type[BasicBlock | Bottleneck], inputs: int, width: int, depth: int, stride: int) -> nn.Sequential:
    outputs = width * block.expansion
    first = block(inputs, width, stride, project=stride != 1 or inputs != outputs)
    return nn.Sequential(first, *(block(outputs, width) for _ in range(depth - 1)))
