"""The Inception-v3 of the Fréchet Inception distance, without its classifier, under the names of its PyTorch port.

Szegedy et al. (2016), Rethinking the Inception architecture for computer vision, as TensorFlow's graph of December 2015
has it. Written here rather than taken from torchvision, whose releases each fit one release of torch: of its network of
the same tensor names four of the six blocks would have to be replaced, since average pools here leave the padding out,
and the last block pools by maximum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH: Final = 2048
"""Features of a picture."""
SIDE: Final = 299
"""Of the pictures that it was trained on, pixels."""


@dataclass(frozen=True)
class Conv:
    """A convolution's channels, kernel (height, width) and stride; `padded` ones with stride 1 keep the map's size."""

    outputs: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padded: bool = True


Step = Conv | tuple[Conv, Conv]
"""A pair is two convolutions of the same map, stacked."""
Chains = Mapping[str, Sequence[Step]]
Pool = Callable[[Tensor], Tensor]

SQUARE: Final = (3, 3)
ROW: Final = (1, 7)
COLUMN: Final = (7, 1)


class ConvNorm(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, spec: Conv) -> None:
        super().__init__()
        padding = (spec.kernel[0] // 2, spec.kernel[1] // 2) if spec.padded else 0
        self.conv = nn.Conv2d(inputs, spec.outputs, spec.kernel, spec.stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(spec.outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, h', w')."""
        return torch.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Chains of convolutions side by side, their outputs stacked; `branch_pool` starts from the pooled map.

    Without such a chain the pooled map itself is stacked last.
    """

    def __init__(self, inputs: int, chains: Chains, pool: Pool) -> None:
        super().__init__()
        self.pool = pool
        self.chains = {name: self._add(inputs, name, steps) for name, steps in chains.items()}

    def _add(self, inputs: int, name: str, steps: Sequence[Step]) -> list[list[str]]:
        """Register a chain's convolutions; returns their names, step by step."""
        names: list[list[str]] = []
        for number, step in enumerate(steps, 1):
            forks = step if isinstance(step, tuple) else (step,)
            label = f"{name}_{number}" if len(steps) > 1 else name
            names.append([label + letter for letter in ("ab" if len(forks) > 1 else [""])])
            for full, spec in zip(names[-1], forks, strict=True):
                self.add_module(full, ConvNorm(inputs, spec))
            inputs = sum(spec.outputs for spec in forks)
        return names

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, sum of the chains' outputs, h', w')."""
        pooled = self.pool(x)
        outputs = [self._run(pooled if name == "branch_pool" else x, names) for name, names in self.chains.items()]
        return torch.cat(outputs if "branch_pool" in self.chains else [*outputs, pooled], 1)

    def _run(self, x: Tensor, names: list[list[str]]) -> Tensor:
        for step in names:
            outputs = [self.get_submodule(name)(x) for name in step]
            x = torch.cat(outputs, 1)
        return x


class Inception(nn.Module):
    """`forward` gives the 2,048 pooled features that the distance compares."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNorm(3, Conv(32, SQUARE, 2, padded=False))
        self.Conv2d_2a_3x3 = ConvNorm(32, Conv(32, SQUARE, padded=False))
        self.Conv2d_2b_3x3 = ConvNorm(32, Conv(64, SQUARE))
        self.Conv2d_3b_1x1 = ConvNorm(64, Conv(80))
        self.Conv2d_4a_3x3 = ConvNorm(80, Conv(192, SQUARE, padded=False))
        self.Mixed_5b = Mixed(192, _fives(32), _average)
        self.Mixed_5c = Mixed(256, _fives(64), _average)
        self.Mixed_5d = Mixed(288, _fives(64), _average)
        self.Mixed_6a = Mixed(288, _to_sixes(), _halve)
        self.Mixed_6b = Mixed(768, _sixes(128), _average)
        self.Mixed_6c = Mixed(768, _sixes(160), _average)
        self.Mixed_6d = Mixed(768, _sixes(160), _average)
        self.Mixed_6e = Mixed(768, _sixes(192), _average)
        self.Mixed_7a = Mixed(768, _to_sevens(), _halve)
        self.Mixed_7b = Mixed(1280, _sevens(), _average)
        self.Mixed_7c = Mixed(2048, _sevens(), _maximum)

    def forward(self, pictures: Tensor) -> Tensor:
        """Features (n, 2048) of pictures (n, 3, 299, 299), RGB, -1 to 1."""
        x = _halve(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(pictures))))
        x = _halve(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        for name, block in self.named_children():  # in the order of their registration
            if name.startswith("Mixed"):
                x = block(x)
        return x.mean(dim=(2, 3))


def _average(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def _maximum(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, 1, 1)


def _halve(x: Tensor) -> Tensor:
    return functional.max_pool2d(x, 3, 2)


def _fives(pooled: int) -> Chains:
    return {
        "branch1x1": [Conv(64)],
        "branch5x5": [Conv(48), Conv(64, (5, 5))],
        "branch3x3dbl": [Conv(64), Conv(96, SQUARE), Conv(96, SQUARE)],
        "branch_pool": [Conv(pooled)],
    }


def _to_sixes() -> Chains:
    return {
        "branch3x3": [Conv(384, SQUARE, 2, padded=False)],
        "branch3x3dbl": [Conv(64), Conv(96, SQUARE), Conv(96, SQUARE, 2, padded=False)],
    }


def _sixes(width: int) -> Chains:
    column, row = Conv(width, COLUMN), Conv(width, ROW)
    return {
        "branch1x1": [Conv(192)],
        "branch7x7": [Conv(width), row, Conv(192, COLUMN)],
        "branch7x7dbl": [Conv(width), column, row, column, Conv(192, ROW)],
        "branch_pool": [Conv(192)],
    }


def _to_sevens() -> Chains:
    return {
        "branch3x3": [Conv(192), Conv(320, SQUARE, 2, padded=False)],
        "branch7x7x3": [Conv(192), Conv(192, ROW), Conv(192, COLUMN), Conv(192, SQUARE, 2, padded=False)],
    }


def _sevens() -> Chains:
    both = Conv(384, (1, 3)), Conv(384, (3, 1))
    return {
        "branch1x1": [Conv(320)],
        "branch3x3": [Conv(384), both],
        "branch3x3dbl": [Conv(448), Conv(384, SQUARE), both],
        "branch_pool": [Conv(192)],
    }
