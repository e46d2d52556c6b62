"""Swin Transformer, base size (Liu et al., 2021), without its head, under the authors' tensor names."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, scaled_dot_product_attention

WINDOW: Final = 7
DEPTHS: Final = (2, 2, 18, 2)
HEADS: Final = (4, 8, 16, 32)
WIDTH: Final = 128


class WindowAttention(nn.Module):
    """Self-attention inside windows of 7x7 places, with a learned bias for each relative position."""

    relative_position_index: Tensor

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * WINDOW - 1) ** 2, heads))
        self.register_buffer("relative_position_index", _relative_positions(), persistent=False)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """(windows, 49, width) to the same; `mask` (windows of one picture, 49, 49) is added to the scores."""
        n, places, width = x.shape
        q, k, v = self.qkv(x).reshape(n, places, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)[None]
        if mask is not None:
            bias = bias + mask.repeat(n // len(mask), 1, 1)[:, None]
        y = scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        out: Tensor = self.proj(y.transpose(1, 2).reshape(n, places, width))
        return out


class Mlp(nn.Module):
    """Two linear layers with GELU between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to the same."""
        out: Tensor = self.fc2(gelu(self.fc1(x)))
        return out


class Block(nn.Module):
    """Window attention and MLP; every second block shifts the windows by half their size."""

    def __init__(self, width: int, heads: int, side: int, *, shifted: bool) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = WindowAttention(width, heads), Mlp(width)
        self.shift = WINDOW // 2 if shifted and side > WINDOW else 0
        self.register_buffer("mask", _mask(side, self.shift), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, side, side, width) to the same."""
        n, side, _, width = x.shape
        y = torch.roll(self.norm1(x), (-self.shift, -self.shift), (1, 2))
        y = _from_windows(self.attn(_windows(y), self.mask), n, side, width)
        x = x + torch.roll(y, (self.shift, self.shift), (1, 2))
        out: Tensor = x + self.mlp(self.norm2(x))
        return out


class Merge(nn.Module):
    """Four neighbouring places become one of twice the width."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(n, s, s, width) to (n, s / 2, s / 2, 2 width)."""
        corners = [x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        out: Tensor = self.reduction(self.norm(torch.cat(corners, -1)))
        return out


class Stage(nn.Module):
    """Blocks at one size, then a merge (not after the last stage)."""

    def __init__(self, width: int, heads: int, depth: int, side: int, *, last: bool) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(width, heads, side, shifted=bool(i % 2)) for i in range(depth)))
        self.downsample = nn.Identity() if last else Merge(width)

    def forward(self, x: Tensor) -> Tensor:
        """(n, side, side, width) to (n, side / 2, side / 2, 2 width), or the same shape in the last stage."""
        out: Tensor = self.downsample(self.blocks(x))
        return out


class PatchEmbed(nn.Module):
    """4x4 pixels become one place."""

    def __init__(self) -> None:
        super().__init__()
        self.proj, self.norm = nn.Conv2d(3, WIDTH, 4, 4), nn.LayerNorm(WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, 224, 224) to (n, 56, 56, 128)."""
        out: Tensor = self.norm(self.proj(x).permute(0, 2, 3, 1))
        return out


class Swin(nn.Module):
    """Swin-B, patch 4, window 7."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = PatchEmbed()
        self.layers = nn.Sequential(
            *(Stage(WIDTH * 2**i, HEADS[i], DEPTHS[i], 56 // 2**i, last=i == 3) for i in range(4))
        )
        self.norm = nn.LayerNorm(WIDTH * 8)

    def forward(self, x: Tensor) -> Tensor:
        """(n, 3, 224, 224) to a map (n, 1024, 7, 7)."""
        out: Tensor = self.norm(self.layers(self.patch_embed(x))).permute(0, 3, 1, 2)
        return out


def _windows(x: Tensor) -> Tensor:
    n, side, _, width = x.shape
    x = x.reshape(n, side // WINDOW, WINDOW, side // WINDOW, WINDOW, width)
    return x.transpose(2, 3).reshape(-1, WINDOW * WINDOW, width)


def _from_windows(x: Tensor, n: int, side: int, width: int) -> Tensor:
    x = x.reshape(n, side // WINDOW, side // WINDOW, WINDOW, WINDOW, width)
    return x.transpose(2, 3).reshape(n, side, side, width)


def _relative_positions() -> Tensor:
    """(49, 49): the row of the bias table for each pair of places in a window."""
    place = torch.stack(torch.meshgrid(torch.arange(WINDOW), torch.arange(WINDOW), indexing="ij")).flatten(1)
    offset = place[:, :, None] - place[:, None] + WINDOW - 1
    return offset[0] * (2 * WINDOW - 1) + offset[1]


def _mask(side: int, shift: int) -> Tensor | None:
    """(windows, 49, 49) with -100 between places that only the cyclic shift made neighbours."""
    if not shift:
        return None
    edges = torch.tensor([side - WINDOW, side - shift])
    band = torch.bucketize(torch.arange(side), edges, right=True)
    region = _windows((3 * band[:, None] + band[None, :])[None, :, :, None]).squeeze(-1)
    return torch.where(region[:, :, None] == region[:, None], 0.0, -100.0)
