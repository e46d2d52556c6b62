"""The network of reference 4 from facial attributes to coefficients: two bidirectional LSTM layers and a linear one."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from faceloom.coefficients.data import WIDTH
from faceloom.facs import REACT_ATTRIBUTES


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network."""

    hidden: int = 128
    layers: int = 2


class CoefficientNetwork(nn.Module):
    """Attributes (N, T, 25) to coefficients (N, T, 58) in the units of the training files.

    It standardises both sides by the mean and deviation of the training frames, which are part of the weights: a
    translation of hundreds would else drown expressions of tenths in the loss.
    """

    input_mean: Tensor
    input_scale: Tensor
    output_mean: Tensor
    output_scale: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        inputs = len(REACT_ATTRIBUTES)
        self.lstm = nn.LSTM(inputs, config.hidden, config.layers, batch_first=True, bidirectional=True)
        self.head = nn.Linear(2 * config.hidden, WIDTH)
        for name, width in (("input", inputs), ("output", WIDTH)):
            self.register_buffer(f"{name}_mean", torch.zeros(width))
            self.register_buffer(f"{name}_scale", torch.ones(width))

    def forward(self, attributes: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Coefficients; with `lengths` (N,), rows beyond a sequence's own length do not reach it."""
        x = (attributes - self.input_mean) / self.input_scale
        if lengths is None:
            hidden, _ = self.lstm(x)
        else:
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            hidden, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])
        out: Tensor = self.head(hidden) * self.output_scale + self.output_mean
        return out
