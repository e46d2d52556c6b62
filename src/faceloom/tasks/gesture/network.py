"""The sequence-to-sequence network of reference 1: F0 tokens in, six action-unit tokens a frame out.

An LSTM reads the F0 tokens of a window through an embedding. A second LSTM writes the gestures frame by frame: its
input is the sum of the embeddings of the six AU tokens of the frame before (SOS at first), its output goes to six
softmax heads. So the six AUs of one frame are independent given everything before it, and depend on each other
through time: p(a_1..a_T | f) = prod_t prod_k p(a_tk | a_<t, f).

Three choices lead away from the published network, for data of minutes rather than hours:

- `context: frames`: the encoder reads in both directions, and each frame of the decoder hears the encoder's output of
  that frame, since both run on one grid. With `state` the decoder starts from the encoder's last state and hears
  nothing more (reference 1).
- `autoregressive: false`: the decoder does not read its own gestures; p(a_tk | f), six heads a frame.
- `speech: pitch`: F0 tokens enter by what they mean (`PitchContour`) rather than through an embedding of each `token`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from faceloom.sequences.vocabulary import FIRST, SOS

State = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network. Tokens include SOS and EOS."""

    f0_tokens: int
    au_tokens: int
    units: int = 6
    hidden: int = 64
    embedding: int = 32
    speech: Literal["token", "pitch"] = "pitch"
    context: Literal["state", "frames"] = "frames"
    autoregressive: bool = False
    dropout: float = 0.0


class GestureNetwork(nn.Module):
    """Encoder, decoder and heads; see the module's docstring.

    Args:
        config: Sizes.
        f0_values: Hz of each F0 token (f0_tokens,), NaN for SOS and EOS; the lowest value is the unvoiced level.
    """

    rows: Tensor

    def __init__(self, config: NetworkConfig, f0_values: Tensor) -> None:
        super().__init__()
        self.config = config
        both = 2 if config.context == "frames" else 1
        tokens = config.speech == "token"
        self.f0 = (
            nn.Embedding(config.f0_tokens, config.embedding) if tokens else PitchContour(f0_values, config.embedding)
        )
        self.encoder = nn.LSTM(config.embedding, config.hidden, batch_first=True, bidirectional=both == 2)
        self.au_embedding = _au_embedding(config) if config.autoregressive else None
        self.hear = nn.Linear(both * config.hidden, config.hidden) if config.context == "frames" else None
        self.decoder = nn.LSTM(config.hidden, config.hidden, batch_first=True)
        self.dropout = nn.Dropout(config.dropout)
        self.heads = nn.Linear(config.hidden, config.units * config.au_tokens)
        self.register_buffer("rows", torch.arange(config.units) * config.au_tokens, persistent=False)

    def encode(self, f0: Tensor) -> tuple[Tensor, State]:
        """Speech context and the decoder's first state from F0 tokens (N, T).

        Returns:
            What the decoder hears at each frame (N, T, hidden), zeros for `context: state`; (h, c) of (1, N, hidden).
        """
        outputs, (h, c) = self.encoder(self.dropout(self.f0(f0)))
        if self.hear is None:
            return outputs.new_zeros(outputs.shape), (h, c)
        return self.hear(self.dropout(outputs)), (h[:1].contiguous(), c[:1].contiguous())

    def decode(self, previous: Tensor, speech: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits of some frames from the AU tokens of the frames before each.

        Args:
            previous: (N, T, units); not read by a network that is not autoregressive.
            speech: (N, T, hidden), from `encode`.
            state: (h, c), from `encode` or the last call.

        Returns:
            Logits (N, T, units, au_tokens) and the state after them.
        """
        x = speech
        if self.au_embedding is not None:
            x = x + self.au_embedding(previous + self.rows).sum(dim=2)
        outputs, state = self.decoder(self.dropout(x), state)
        logits = self.heads(self.dropout(outputs + speech))
        return logits.unflatten(-1, (self.config.units, self.config.au_tokens)), state

    def forward(self, f0: Tensor, previous: Tensor) -> Tensor:
        """Logits (N, T, units, au_tokens) of whole windows, given the frames before (teacher forcing: see `shift`)."""
        logits: Tensor = self.decode(previous, *self.encode(f0))[0]
        return logits


def _au_embedding(config: NetworkConfig) -> nn.Embedding:
    """One table for six vocabularies: token a of unit k is row k * au_tokens + a."""
    embedding = nn.Embedding(config.units * config.au_tokens, config.hidden)
    nn.init.normal_(embedding.weight, std=0.05)  # PyTorch's std of 1, six times over, would drown the speech
    return embedding


class PitchContour(nn.Module):
    """What F0 tokens mean: voicing, and height over the window's median, in semitones and in standard deviations.

    Tokens are 0.1 Hz apart; an embedding alone would have to learn from little speech that neighbours sound alike.
    Absolute height is left out: it tells the training speakers apart, and the network would learn their faces by heart.
    """

    semitones: Tensor

    def __init__(self, f0_values: Tensor, size: int) -> None:
        super().__init__()
        voiced = f0_values > f0_values[FIRST]  # the lowest level is the unvoiced one; False for NaN
        semitones = torch.where(voiced, 12 * torch.log2(f0_values.clamp(min=1.0)), torch.nan)
        self.register_buffer("semitones", semitones.float(), persistent=False)
        self.project = nn.Linear(3, size)

    def forward(self, f0: Tensor) -> Tensor:
        """(N, T) tokens to (N, T, size)."""
        out: Tensor = self.project(self.features(f0))
        return out

    def features(self, f0: Tensor) -> Tensor:
        """(N, T, 3): voicing 0 or 1, height / 3 semitones, height / its deviation; heights are 0 where unvoiced."""
        semitones = self.semitones[f0]
        voiced = semitones.isfinite()
        height = (semitones - semitones.nanmedian(dim=1, keepdim=True).values).nan_to_num(0.0)
        variance = (height**2).sum(dim=1, keepdim=True) / voiced.sum(dim=1, keepdim=True).clamp(min=1)
        spread = variance.sqrt().clamp(min=0.5)  # half a semitone: a monotone voice has no peaks
        return torch.stack([voiced.float(), height / 3, height / spread], dim=-1)


def shift(au: Tensor) -> Tensor:
    """The decoder's input under teacher forcing: targets (N, T, units) one frame later, SOS in front."""
    return torch.cat([torch.full_like(au[:, :1], SOS), au[:, :-1]], dim=1)
