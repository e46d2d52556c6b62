"""EfficientNet-B2's features (Tan and Le, 2019): 1,408 a face, the pooled last map before valence and arousal.

Tensor names are timm's for `tf_efficientnet_b2`, which the face models of facetorch (and HSEmotion before it) keep;
TensorFlow's padding and batch-norm epsilon belong to those weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, silu

from faceloom.features.weight_features import Floats, Images, WeightFeatures, imagenet, square

EPS: Final = 1e-3


class Stage(NamedTuple):
    """Blocks of one resolution."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM, HEAD = 32, 1408
STAGES: Final = (  # EfficientNet-B0 with 1.1 times the channels (to the nearest 8) and 1.2 times the depth
    Stage(2, 3, 1, 1, 16),
    Stage(3, 3, 2, 6, 24),
    Stage(3, 5, 2, 6, 48),
    Stage(4, 3, 2, 6, 88),
    Stage(4, 5, 1, 6, 120),
    Stage(5, 5, 2, 6, 208),
    Stage(2, 3, 1, 6, 352),
)


class Conv(nn.Conv2d):
    """Convolution with TensorFlow's padding: as much as the stride needs, the odd pixel at the end."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, outputs, ceil(h / stride), ceil(w / stride))."""
        pads = []
        for length in (x.shape[3], x.shape[2]):
            kernel, stride = self.kernel_size[0], self.stride[0]
            total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(pad(x, pads))


class SqueezeExcite(nn.Module):
    """Weights of the channels from their means."""

    def __init__(self, channels: int, reduced: int) -> None:
        super().__init__()
        self.conv_reduce, self.conv_expand = nn.Conv2d(channels, reduced, 1), nn.Conv2d(reduced, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels, h, w) to the same."""
        return x * torch.sigmoid(self.conv_expand(silu(self.conv_reduce(x.mean((2, 3), keepdim=True)))))


class DepthwiseSeparable(nn.Module):
    """The first stage's block: depthwise, squeeze and excite, pointwise."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        self.conv_dw, self.bn1 = Conv(inputs, inputs, stage.kernel, stride, inputs), nn.BatchNorm2d(inputs, EPS)
        self.se = SqueezeExcite(inputs, inputs // 4)
        self.conv_pw, self.bn2 = Conv(inputs, stage.channels, 1), nn.BatchNorm2d(stage.channels, EPS)
        self.skip = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, channels, h / stride, w / stride)."""
        y = silu(self.bn1(self.conv_dw(x)))
        out: Tensor = self.bn2(self.conv_pw(self.se(y)))
        return x + out if self.skip else out


class InvertedResidual(nn.Module):
    """Expand, depthwise, squeeze and excite, project."""

    def __init__(self, inputs: int, stage: Stage, stride: int) -> None:
        super().__init__()
        wide = inputs * stage.expansion
        self.conv_pw, self.bn1 = Conv(inputs, wide, 1), nn.BatchNorm2d(wide, EPS)
        self.conv_dw, self.bn2 = Conv(wide, wide, stage.kernel, stride, wide), nn.BatchNorm2d(wide, EPS)
        self.se = SqueezeExcite(wide, inputs // 4)
        self.conv_pwl, self.bn3 = Conv(wide, stage.channels, 1), nn.BatchNorm2d(stage.channels, EPS)
        self.skip = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """(n, inputs, h, w) to (n, channels, h / stride, w / stride)."""
        y = silu(self.bn1(self.conv_pw(x)))
        y = silu(self.bn2(self.conv_dw(y)))
        out: Tensor = self.bn3(self.conv_pwl(self.se(y)))
        return x + out if self.skip else out


class EfficientNetB2(nn.Module):
    """Stem, seven stages, head convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem, self.bn1 = Conv(3, STEM, 3, 2), nn.BatchNorm2d(STEM, EPS)
        stages, inputs = [], STEM
        for stage in STAGES:
            stages.append(_stage(inputs, stage))
            inputs = stage.channels
        self.blocks = nn.Sequential(*stages)
        self.conv_head, self.bn2 = Conv(inputs, HEAD, 1), nn.BatchNorm2d(HEAD, EPS)

    def features(self, faces: Tensor) -> Tensor:
        """(n, 3, 260, 260), ImageNet colours, to (n, 1408)."""
        x = silu(self.bn1(self.conv_stem(faces)))
        x = silu(self.bn2(self.conv_head(self.blocks(x))))
        return x.mean((2, 3))


def _stage(inputs: int, stage: Stage) -> nn.Sequential:
    block = DepthwiseSeparable if stage.expansion == 1 else InvertedResidual
    first = block(inputs, stage, stage.stride)
    return nn.Sequential(first, *(block(stage.channels, stage, 1) for _ in range(stage.repeats - 1)))


@dataclass(frozen=True)
class EfficientNetFeatures(WeightFeatures):
    """Faces of 260 pixels."""

    name: ClassVar[str] = "efficientnet_va"
    project: ClassVar[str] = "EfficientNet-B2"
    width: ClassVar[int] = HEAD

    @classmethod
    def build(cls, tensors: Mapping[str, Tensor]) -> nn.Module:  # noqa: ARG003 - there is one size of it
        """The network."""
        return EfficientNetB2()

    @classmethod
    def prepare(cls, face: Images) -> Floats:
        """260 pixels, ImageNet colours."""
        return imagenet(square(face, 260))
