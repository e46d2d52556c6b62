"""Self-attention without a matrix in memory, the causal rule of online generation, the cache in the place of the past.

`F.scaled_dot_product_attention` picks the fused kernel: flash where there is no mask (offline, and every step with a
cache, since all that a new chunk may see is in the cache), the memory-efficient one under the causal mask or that of
shorter clips, and on a GPU without half precision.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from faceloom.errors import InputError


class SelfAttention(nn.Module):
    """Multi-head self-attention with its own query, key, value and output projections.

    Args:
        width: Of a token.
        heads: Divides the width.
        dropout: Of the output, in training.
        weight_dropout: Of the attention weights, in training; on a CPU it costs the fused kernel.
    """

    def __init__(self, width: int, heads: int, dropout: float, weight_dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.rate = heads, weight_dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None, past: LayerCache | None = None) -> Tensor:
        """Attend.

        Args:
            x: Tokens (B, N, width).
            mask: True where a query (row) may see a key (column); it broadcasts to (B, heads, N, N). None: everywhere.
            past: Keys and values of earlier tokens, which every query sees; those of `x` are added to it.

        Returns:
            (B, N, width).
        """
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if past is not None:
            k, v = past.extend(k, v)
        rate = self.rate if self.training else 0.0
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=rate)
        out: Tensor = self.dropout(self.out(y.transpose(1, 2).flatten(2)))
        return out


class LayerCache:
    """Keys and values of one layer in one block of memory that is allocated once.

    Args:
        batch: Sequences decoded together.
        heads: Of the attention.
        size: Width of a head.
        capacity: Tokens that fit.
        like: Gives device and number type.
    """

    def __init__(self, batch: int, heads: int, size: int, capacity: int, like: Tensor) -> None:
        self.keys, self.values = like.new_empty(2, batch, heads, capacity, size)
        self.filled = 0

    def extend(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Append (batch, heads, n, size) each; returns all so far as views.

        Raises:
            InputError: the cache is full.
        """
        end = self.filled + keys.shape[2]
        if end > self.keys.shape[2]:
            raise InputError(f"online generation: the window holds {self.keys.shape[2]} tokens; start another one.")
        self.keys[:, :, self.filled : end] = keys
        self.values[:, :, self.filled : end] = values
        self.filled = end
        return self.keys[:, :, :end], self.values[:, :, :end]


@lru_cache(maxsize=8)
def causal_mask(frames: int, chunk: int, tokens: int, device: torch.device) -> Tensor:
    """Which token may see which in online generation: its own chunk and all earlier ones.

    That is the whole rule, because the listener tokens that stand at frame t are those of the chunk before (see
    `tokens.delayed`): a query at frame t sees the speaker to the end of t's chunk and the listener to the end of the
    last chunk. The published mask lets a chunk see its own listener tokens, which are what it is asked for.

    Args:
        frames: Length of the sequence.
        chunk: Frames that are generated at once.
        tokens: Of a frame.
        device: Of the mask.

    Returns:
        bool (frames * tokens, frames * tokens), rows are queries.
    """
    number = torch.arange(frames * tokens, device=device) // (chunk * tokens)
    return number[:, None] >= number[None, :]
