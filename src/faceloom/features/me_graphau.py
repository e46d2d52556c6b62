"""ME-GraphAU's features (Luo et al., IJCAI 2022): 25,088 a face, 49 places of 512 channels.

They are what the network's graph of action units starts from: the backbone's 7x7 map (ResNet-50: 2,048 channels,
Swin-B: 1,024), each place through one linear block to 512 channels, laid out place by place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import cv2
import torch
from torch import Tensor, nn

from faceloom.features.resnet import Bottleneck, ResNet
from faceloom.features.swin import Swin
from faceloom.features.weight_features import Floats, Images, WeightFeatures, imagenet

PLACES, CHANNELS = 49, 512


class LinearBlock(nn.Module):
    """Linear, batch norm over places and faces, ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.fc, self.bn = nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(n, places, inputs) to (n, places, outputs)."""
        return torch.relu(self.bn(self.fc(x).transpose(1, 2))).transpose(1, 2)


class MEGraphAU(nn.Module):
    """Backbone and global linear block under the published names; the graph behind them is not needed."""

    def __init__(self, backbone: nn.Module, channels: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.global_linear = LinearBlock(channels, CHANNELS)

    def features(self, faces: Tensor) -> Tensor:
        """(n, 3, 224, 224), ImageNet colours, to (n, 25088)."""
        maps: Tensor = self.backbone(faces)
        places: Tensor = self.global_linear(maps.flatten(2).transpose(1, 2))
        return places.flatten(1)


@dataclass(frozen=True)
class MEGraphAUFeatures(WeightFeatures):
    """Reads a checkpoint with either published backbone: the tensors' names tell which."""

    name: ClassVar[str] = "me_graphau"
    project: ClassVar[str] = "ME-GraphAU"
    width: ClassVar[int] = PLACES * CHANNELS

    @classmethod
    def build(cls, tensors: Mapping[str, Tensor]) -> nn.Module:
        """ResNet-50, or Swin-B where the file has its patch embedding."""
        if "backbone.patch_embed.proj.weight" in tensors:
            return MEGraphAU(Swin(), 1024)
        return MEGraphAU(ResNet(Bottleneck, (3, 4, 6, 3)), 2048)

    @classmethod
    def prepare(cls, face: Images) -> Floats:
        """256 pixels, of which the central 224, as in the project's tests."""
        resized = cv2.resize(face, (256, 256), interpolation=cv2.INTER_LINEAR)[16:240, 16:240]
        return imagenet(resized.astype("float32") / 255)
