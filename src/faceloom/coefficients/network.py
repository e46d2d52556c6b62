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
    """Sizes of the network; `residual`: the LSTM adds to a linear map of each frame (the published one has none)."""

    hidden: int = 128
    layers: int = 2
    residual: bool = True


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
        self.linear = nn.Linear(inputs, WIDTH) if config.residual else None
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
        standardised: Tensor = self.head(hidden)
        if self.linear is not None:
            standardised = standardised + self.linear(x)
        return standardised * self.output_scale + self.output_mean

    @torch.no_grad()
    def start_from(self, slope: Tensor, intercept: Tensor) -> None:
        """Make a residual network the affine map x @ slope + intercept, in the files' units; training goes on from it.

        Args:
            slope: (25, 58).
            intercept: (58,).
        """
        assert self.linear is not None
        self.linear.weight.copy_((slope * self.input_scale[:, None] / self.output_scale).T)
        self.linear.bias.copy_(
            (intercept + self.input_mean.to(slope.dtype) @ slope - self.output_mean) / self.output_scale
        )
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
