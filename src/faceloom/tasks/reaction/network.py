"""The unified transformer of reference 4: one network that generates reactions offline and online and matches pairs.

Pre-LN blocks. Each has two self-attentions, one that looks both ways (offline, matching) and a causal one (online);
they share the block's LayerNorms and MLP, and everything outside the blocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from faceloom.tasks.reaction.attention import LayerCache, SelfAttention, causal_mask
from faceloom.tasks.reaction.means import by_means
from faceloom.tasks.reaction.tokens import (
    FRAME,
    LAST,
    SPEAKER,
    VALUES,
    Group,
    Listener,
    Meaning,
    MeaningHead,
    NetworkConfig,
    Speaker,
    delayed,
    sinusoids,
)

Features = Mapping[str, Tensor]
Logits = tuple[Tensor, Tensor, Tensor]
"""(..., codes) of AU, expression and VA."""


class Block(nn.Module):
    """One layer; `causal` says by which of its attentions."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.both_ways = SelfAttention(width, config.heads, config.dropout, config.attention_dropout)
        self.causal = SelfAttention(width, config.heads, config.dropout, config.attention_dropout)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, causal: bool, mask: Tensor | None = None, past: LayerCache | None = None) -> Tensor:
        """(B, N, width) to the same."""
        attention = self.causal if causal else self.both_ways
        x = x + attention(self.before_attention(x), mask, past)
        out: Tensor = x + self.dropout(self.down(functional.gelu(self.up(self.before_mlp(x)))))
        return out


class ReactionNetwork(nn.Module):
    """See the module's docstring.

    Args:
        config: Sizes.
        checkpointing: Recompute each block's activations in the backward pass: less memory, a third more time.
    """

    positions: Tensor

    def __init__(self, config: NetworkConfig, checkpointing: bool = False) -> None:
        super().__init__()
        self.config, self.checkpointing = config, checkpointing
        self.speaker, self.listener = Speaker(config), Listener(config)
        self.clip = Group(config.clip, config.width)
        self.match_token = nn.Parameter(torch.zeros(config.width))
        self.modality = nn.Parameter(torch.zeros(FRAME + len(LAST), config.width))
        table = config.positions * sinusoids(config.tokens, config.width)
        self.register_buffer("positions", table, persistent=False)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.heads = nn.ModuleList(
            MeaningHead(size, values, config.width) if config.meaning else nn.Linear(config.width, size, bias=False)
            for size, values in zip(config.codes, VALUES, strict=True)
        )
        self.match_head = nn.Linear(config.width, 2, bias=False)
        for k, (size, values) in enumerate(zip(config.codes, VALUES, strict=True)):
            self.register_buffer(f"values{k}", torch.zeros(size, values), persistent=False)
            self.register_buffer(f"usual{k}", torch.zeros(values))
        self._initialise()

    def forward(self, features: Features, is_face: Tensor, codes: Tensor, clip: Features) -> Logits:
        """Logits of all three streams as `offline` has them."""
        return self.logits(self.offline(features, is_face, codes, clip))

    def offline(
        self, features: Features, is_face: Tensor, codes: Tensor, clip: Features, valid: Tensor | None = None
    ) -> Tensor:
        """Hidden states of the listener's tokens, with a view of the whole clip.

        Args:
            features: The speaker's (B, T, size) by stream name; here and in all that follows B may be 1 where one
                speaker has several listeners.
            is_face: (B, T).
            codes: The listener's (B, T, 3), `listener.unknown` where they are to be found.
            clip: The speaker's vectors (B, size) by stream name.
            valid: (B, T), False where a clip has ended; None: nowhere.

        Returns:
            (B, T, 3, width), for `logits`.
        """
        last = self.clip(clip, is_face.shape[:1]) + self.modality[LAST["clip"]]
        states = self._both_ways(features, is_face, self.listener(codes), last, valid)
        return self._listener_states(states[:, :-1])

    def match(self, features: Features, is_face: Tensor, codes: Tensor, valid: Tensor | None = None) -> Tensor:
        """Logits (B, 2) of: these are two strangers, this listener heard this speaker. Arguments as of `offline`.

        Of the speaker's streams it goes by those of `config.matching`, of all tokens by means over `matching_every`
        frames.
        """
        last = (self.match_token + self.modality[LAST["match"]]).expand(len(codes), -1)
        heard = self.config.matching or tuple(features)
        known = {name: x if name in heard else torch.full_like(x, torch.nan) for name, x in features.items()}
        parts = by_means(known, is_face, self.listener(codes), valid, self.config.matching_every)
        states = self._both_ways(*parts[:3], last, parts[3], disturb=False)
        logits: Tensor = self.match_head(states[:, -1])
        return logits

    def online(self, features: Features, is_face: Tensor, codes: Tensor, chunk: int = 1) -> Tensor:
        """Hidden states of the listener's tokens of every frame, each as if the future had not happened.

        Frame t's depend on the speaker up to t and the listener up to t-1; with a chunk of more than one frame, on the
        speaker to the end of t's chunk and the listener to the end of the chunk before.

        Args:
            features: The speaker's (B, T, size) by stream name.
            is_face: (B, T).
            codes: The listener's true codes (B, T, 3).
            chunk: Frames that are generated at once.

        Returns:
            (B, T, 3, width), for `logits`.
        """
        x = self._frames(features, is_face, self.listener(delayed(codes, chunk, self.listener.unknown)))
        mask = causal_mask(codes.shape[1], chunk, FRAME, x.device)
        return self._listener_states(self._run(x, causal=True, mask=mask))

    def step(self, features: Features, is_face: Tensor, previous: Tensor, cache: list[LayerCache]) -> Tensor:
        """The same for one more chunk, with the past in a cache.

        Args:
            features: The speaker's of the chunk (B, chunk, size).
            is_face: (B, chunk).
            previous: The listener's codes of the chunk before, `listener.unknown` in the first (B, chunk, 3).
            cache: Of `new_cache`; grows by the chunk.

        Returns:
            (B, chunk, 3, width), for `logits`.
        """
        x = self._frames(features, is_face, self.listener(previous), first=cache[0].filled)
        for block, past in zip(self.blocks, cache, strict=True):
            x = block(x, causal=True, past=past)
        return self._listener_states(self.norm(x))

    def new_cache(self, batch: int, frames: int) -> list[LayerCache]:
        """An empty cache for `step`, a layer each."""
        c = self.config
        like = self.match_token
        return [LayerCache(batch, c.heads, c.width // c.heads, frames * FRAME, like) for _ in self.blocks]

    def logits(self, states: Tensor) -> Logits:
        """Hidden states (..., 3, width) to logits of the three streams."""
        au, expression, va = (head(states[..., k, :]) for k, head in enumerate(self.heads))
        return au, expression, va

    def _both_ways(
        self,
        features: Features,
        is_face: Tensor,
        listener: Tensor,
        last: Tensor,
        valid: Tensor | None,
        disturb: bool = True,
    ) -> Tensor:
        frames = self._frames(features, is_face, listener, disturb=disturb)
        end = (last + self.positions[frames.shape[1]]).expand(len(listener), -1).to(frames.dtype)
        x = torch.cat([frames, self.dropout(end)[:, None]], dim=1)
        return self._run(x, causal=False, mask=None if valid is None else _visible(valid))

    def _frames(
        self, features: Features, is_face: Tensor, listener: Tensor, first: int = 0, disturb: bool = True
    ) -> Tensor:
        speaker = self.speaker(features, is_face, disturb).to(listener.dtype).expand(len(listener), -1, -1, -1)
        if self.config.shortcut:
            listener = listener + speaker.sum(dim=2, keepdim=True)
        x = (torch.cat([speaker, listener], dim=2) + self.modality[:FRAME]).flatten(1, 2)
        out: Tensor = self.dropout(x + self.positions[first : first + x.shape[1]])
        return out

    def _run(self, x: Tensor, causal: bool, mask: Tensor | None) -> Tensor:
        for block in self.blocks:
            if self.checkpointing and self.training:
                x = checkpoint(block, x, causal, mask, use_reentrant=False)
            else:
                x = block(x, causal, mask)
        out: Tensor = self.norm(x)
        return out

    def _listener_states(self, x: Tensor) -> Tensor:
        return x.view(len(x), -1, FRAME, self.config.width)[:, :, len(SPEAKER) :]

    def know(self, tables: Sequence[Tensor]) -> None:
        """Tell the network what the codes of the three streams stand for: (codes, values) each."""
        for known, table in zip(self.values, tables, strict=True):
            known.copy_(table)
        for parts in (self.listener.tables, self.heads):
            for part, table in zip(parts, tables, strict=True):
                if isinstance(part, Meaning):
                    part.know(table)

    @property
    def values(self) -> tuple[Tensor, Tensor, Tensor]:
        """What `know` was told, 0 before."""
        return self.get_buffer("values0"), self.get_buffer("values1"), self.get_buffer("values2")

    def expect(self, usual: Sequence[Tensor]) -> None:
        """Tell the network the mean of the training reactions: (values,) for each stream."""
        for known, mean in zip(self.usual, usual, strict=True):
            known.copy_(mean)

    @property
    def usual(self) -> tuple[Tensor, Tensor, Tensor]:
        """What `expect` was told, 0 before."""
        return self.get_buffer("usual0"), self.get_buffer("usual1"), self.get_buffer("usual2")

    def _initialise(self) -> None:
        """N(0, 0.02); what is added to the residual gets less, so that its variance stays.

        0.02 is meant for a width of 768; narrower networks get as much more as keeps a layer's output as large.
        """
        std = 0.02 * math.sqrt(768 / self.config.width)
        for part in self.modules():
            _draw(part, std)
        for vector in (self.match_token, self.modality, self.speaker.no_face, *_absent(self)):
            nn.init.normal_(vector, std=std)
        for block in (part for part in self.modules() if isinstance(part, Block)):
            for layer in (block.both_ways.out, block.causal.out, block.down):
                nn.init.normal_(layer.weight, std=std / math.sqrt(2 * self.config.layers))
        for part in (part for part in self.modules() if isinstance(part, Meaning)):
            for linear in (part.map[0], part.map[2]):
                nn.init.kaiming_normal_(cast(Tensor, linear.weight), nonlinearity="linear")  # 0.02 is no signal


def _visible(valid: Tensor) -> Tensor:
    """Valid frames (B, T) as a mask of keys (B, 1, 1, 6 T + 1); the token at the end is always there."""
    keys = torch.cat([valid.repeat_interleave(FRAME, dim=1), valid.new_ones(len(valid), 1)], dim=1)
    return keys[:, None, None]


def _draw(module: nn.Module, std: float) -> None:
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=std)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)


def _absent(network: nn.Module) -> list[nn.Parameter]:
    return [m.absent for m in network.modules() if isinstance(m, Group) and m.absent is not None]
