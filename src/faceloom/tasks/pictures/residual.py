"""The residual trunk that the keypoint and the expression network share (reference 2), layer by layer as Keras has it.

Unlike the usual bottleneck, a block that halves the picture convolves first, takes the maximum of 2 x 2 and normalises
then; convolutions keep their bias, although a normalisation follows.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from torch import Tensor, nn

EPSILON: Final = 1e-3
"""Keras' batch normalisation adds this to the variance."""


def glorot(module: nn.Module) -> None:
    """Keras' initial weights: Glorot uniform, biases 0. For `nn.Module.apply`."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.constant_(module.bias, 0.0)  # type: ignore[arg-type]


class Residual(nn.Module):
    """Three convolutions (1x1, 3x3, 1x1) beside a shortcut; halves the picture where `down`.

    Args:
        channels: Of the input.
        narrow: Of the first two convolutions.
        wide: Of the output; equal to `channels` unless `down`.
        down: Take the maximum of 2 x 2 after the first convolution and in a shortcut with a convolution of its own.
    """

    def __init__(self, channels: int, narrow: int, wide: int, *, down: bool) -> None:
        super().__init__()
        self.conv_a = nn.Conv2d(channels, narrow, 1)
        self.pool_a = nn.MaxPool2d(2) if down else nn.Identity()
        self.bn_a = nn.BatchNorm2d(narrow, EPSILON)
        self.relu_a = nn.ReLU(inplace=True)
        self.conv_b = nn.Conv2d(narrow, narrow, 3, padding=1)
        self.bn_b = nn.BatchNorm2d(narrow, EPSILON)
        self.relu_b = nn.ReLU(inplace=True)
        self.conv_c = nn.Conv2d(narrow, wide, 1)
        self.bn_c = nn.BatchNorm2d(wide, EPSILON)
        self.short = shortcut(channels, wide) if down else nn.Identity()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) to (N, wide, H, W), or to half the height and width (rounded down)."""
        y = self.relu_a(self.bn_a(self.pool_a(self.conv_a(x))))
        y = self.relu_b(self.bn_b(self.conv_b(y)))
        y = self.bn_c(self.conv_c(y))
        out: Tensor = self.relu(y + self.short(x))
        return out


def shortcut(channels: int, wide: int) -> nn.Sequential:
    """A block's way around where sizes change."""
    parts = {"conv": nn.Conv2d(channels, wide, 1), "pool": nn.MaxPool2d(2), "bn": nn.BatchNorm2d(wide, EPSILON)}
    return nn.Sequential(OrderedDict(parts))


def stage(channels: int, narrow: int) -> nn.Sequential:
    """The reference's res_block: one block that halves the picture and two that keep it, 4 `narrow` channels out."""
    wide = 4 * narrow
    return nn.Sequential(
        OrderedDict(
            down=Residual(channels, narrow, wide, down=True),
            keep1=Residual(wide, narrow, wide, down=False),
            keep2=Residual(wide, narrow, wide, down=False),
        )
    )


def trunk(width: int = 64) -> nn.Sequential:
    """From grey pictures (N, 1, 96, 96) to (N, 8 width, 5, 5).

    Args:
        width: Channels of the first convolution; the reference has 64.
    """
    return nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, width, 7, stride=2, padding=3),
            bn=nn.BatchNorm2d(width, EPSILON),
            relu=nn.ReLU(inplace=True),
            pool=nn.MaxPool2d(3, stride=2),
            stage1=stage(width, width),
            stage2=stage(4 * width, 2 * width),
        )
    )
