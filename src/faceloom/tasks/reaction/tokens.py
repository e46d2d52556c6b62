"""How a dyad becomes one sequence of vectors: six tokens a frame, and at most one more at the end.

A frame is: the speaker's face, pose and audio, then the listener's AU, expression and valence-arousal codes. A group of
feature streams (say AU, expression and VA features of the face) shares the width of its token.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

SPEAKER: Final = ("face", "pose", "audio")
LISTENER: Final = ("AU", "expression", "VA")
VALUES: Final = (15, 8, 2)
"""Values that a code of each of the listener's streams stands for."""
FRAME: Final = len(SPEAKER) + len(LISTENER)
"""Tokens of a frame."""
LAST: Final = {"clip": FRAME, "match": FRAME + 1}
"""Rows of the modality embedding of what may stand at the end."""

Streams = tuple[tuple[str, int], ...]
"""Name and width of feature streams, in the order in which they are concatenated."""


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network.

    Attributes:
        face: Streams of the speaker's face, a frame; without any, the token is a learned vector. The same holds for
            the other groups.
        pose: Streams of the head.
        audio: Streams of the voice.
        clip: Vectors of the whole clip (functionals, descriptors); offline alone, for they know the future.
        codes: Codebook sizes of AU, expression and VA.
        width: Of a token.
        layers: Blocks.
        heads: Of each attention; divides the width.
        dropout: Of vectors and of what blocks add to them.
        attention_dropout: Of attention weights.
        noise: Deviation of the noise on a speaker's standardised features in training (`Group`).
        frames: Longest sequence.
        matching: Streams of the speaker that matching goes by, undisturbed by `noise`; none: all. What tells people
            apart does not tell whether one listened to the other, but few pairs are soon known by it.
        matching_frames: Longest stretch that matching sees; 0: `frames`.
        matching_every: Frames whose tokens matching sees as one, their mean: whether two belong together shows over
            seconds, and few pairs are known by their details sooner than by that.
        meaning: Codes enter and leave by the values that they stand for (`Meaning`) rather than by a vector each.
        positions: Amplitude of the position vectors; 1 as published, and then many steps pass before a small network
            hears anything else.
        shortcut: The listener's tokens of a frame begin with the sum of the speaker's, as if a first attention had
            found that frame already, which a small network takes long to learn.
    """

    face: Streams
    pose: Streams
    audio: Streams
    clip: Streams
    codes: tuple[int, int, int]
    width: int = 64
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    attention_dropout: float = 0.0
    noise: float = 0.0
    frames: int = 750
    matching: tuple[str, ...] = ()
    matching_frames: int = 0
    matching_every: int = 1
    meaning: bool = False
    positions: float = 1.0
    shortcut: bool = False

    @property
    def matched(self) -> int:
        """Frames of the longest stretch that matching sees."""
        return self.matching_frames or self.frames

    @property
    def tokens(self) -> int:
        """Of the longest sequence."""
        return FRAME * max(self.frames, -(-self.matched // self.matching_every)) + 1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NetworkConfig:
        """From what `json` made of `dataclasses.asdict`."""
        groups = {name: tuple((str(n), int(w)) for n, w in data[name]) for name in (*SPEAKER, "clip")}
        return cls(**{**data, **groups, "codes": tuple(data["codes"]), "matching": tuple(data["matching"])})


class Group(nn.Module):
    """Feature streams side by side as one token: each is standardised, projected to its share of the width, joined.

    `standardise` sets mean and scale of a stream; without it they are 0 and 1. NaN counts as the mean.

    Args:
        streams: Names and widths.
        width: Of the token.
        noise: In training two Gaussian noises of this deviation are added to standardised features, one new in every
            frame, one the same for the whole stretch, as a person's offset is. Noise on the input is what a ridge is
            to a regression (Bishop 1995), and keeps few speakers from being learnt by heart.
    """

    def __init__(self, streams: Streams, width: int, noise: float = 0.0) -> None:
        super().__init__()
        self.noise = noise
        self.names = [name for name, _ in streams]
        self.project = nn.ModuleList(
            nn.Linear(size, share) for (_, size), share in zip(streams, shares(width, len(streams)), strict=True)
        )
        self.absent = None if streams else nn.Parameter(torch.zeros(width))
        for k, (_, size) in enumerate(streams):
            self.register_buffer(f"mean{k}", torch.zeros(size))
            self.register_buffer(f"scale{k}", torch.ones(size))

    def standardise(self, name: str, mean: Tensor, deviation: Tensor) -> None:
        """Set what is subtracted from a stream (size,) and what it is divided by; a constant column becomes 0."""
        k = self.names.index(name)
        self.get_buffer(f"mean{k}").copy_(mean)
        self.get_buffer(f"scale{k}").copy_(torch.where(deviation > 1e-6, 1 / deviation.clamp(min=1e-6), 0.0))

    def forward(self, features: Mapping[str, Tensor], shape: Sequence[int], disturb: bool = True) -> Tensor:
        """Features (*shape, size) by stream name to (*shape, width); with `disturb` there is noise in training."""
        if self.absent is not None:
            return self.absent.expand(*shape, -1)
        parts = [
            project(self._disturbed(self._standard(features[name], k), disturb))
            for k, (name, project) in enumerate(zip(self.names, self.project, strict=True))
        ]
        return torch.cat(parts, dim=-1)

    def _standard(self, values: Tensor, k: int) -> Tensor:
        return ((values - self.get_buffer(f"mean{k}")) * self.get_buffer(f"scale{k}")).nan_to_num(0, 0, 0)

    def _disturbed(self, values: Tensor, disturb: bool) -> Tensor:
        if not (self.training and self.noise and disturb):
            return values
        return values + self.noise * (torch.randn_like(values[:, :1]) + torch.randn_like(values))


class Speaker(nn.Module):
    """Three tokens a frame from the speaker's features; a learned vector stands for a face that is not there."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.face = Group(config.face, config.width, config.noise)
        self.pose = Group(config.pose, config.width, config.noise)
        self.audio = Group(config.audio, config.width, config.noise)
        self.no_face = nn.Parameter(torch.zeros(config.width))

    def forward(self, features: Mapping[str, Tensor], is_face: Tensor, disturb: bool = True) -> Tensor:
        """Features (B, T, size) by stream name, is_face (B, T) to (B, T, 3, width)."""
        face = torch.where(is_face[..., None], self.face(features, is_face.shape, disturb), self.no_face)
        rest = [group(features, is_face.shape, disturb).to(face.dtype) for group in (self.pose, self.audio)]
        return torch.stack([face, *rest], dim=2)


class Listener(nn.Module):
    """Three tokens a frame from the listener's codes; the id after the last code of each stream means unknown."""

    unknown: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        sizes = zip(config.codes, VALUES, strict=True)
        self.tables = nn.ModuleList(
            Meaning(size, values, config.width, 1) if config.meaning else nn.Embedding(size + 1, config.width)
            for size, values in sizes
        )
        self.register_buffer("unknown", torch.tensor(config.codes), persistent=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Codes (B, T, 3) to (B, T, 3, width)."""
        return torch.stack([table(codes[..., k]) for k, table in enumerate(self.tables)], dim=2)


class Meaning(nn.Module):
    """Vectors of codes, computed from what the codes stand for: neighbours are alike before they have been seen.

    As a table of vectors it takes the place of an embedding, as a table of weights that of a head.

    Args:
        size: Codes.
        values: That a code stands for.
        width: Of a vector.
        more: Learned vectors after those of the codes.
    """

    values: Tensor

    def __init__(self, size: int, values: int, width: int, more: int = 0) -> None:
        super().__init__()
        self.register_buffer("values", torch.zeros(size, values))
        self.map = nn.Sequential(nn.Linear(values, width), nn.GELU(), nn.Linear(width, width, bias=False))
        self.more = nn.Parameter(torch.zeros(more, width)) if more else None
        self._kept: tuple[list[tuple[int, torch.device]], Tensor] | None = None

    def know(self, table: Tensor) -> None:
        """Set what the codes stand for (size, values); columns are standardised."""
        wide = table.double()
        self.values.copy_((wide - wide.mean(dim=0)) / wide.std(dim=0, correction=0).clamp(min=1e-3))

    @property
    def weight(self) -> Tensor:
        """All vectors (size + more, width); outside training computed once, as long as nothing changes them."""
        if torch.is_grad_enabled() or torch.is_autocast_enabled(self.values.device.type):
            return self._vectors()
        state = [(part._version, part.device) for part in (*self.parameters(), self.values)]
        if self._kept is None or self._kept[0] != state:
            self._kept = state, self._vectors()
        return self._kept[1]

    def _vectors(self) -> Tensor:
        known: Tensor = self.map(self.values)
        return known if self.more is None else torch.cat([known, self.more.to(known.dtype)])

    def forward(self, codes: Tensor) -> Tensor:
        """Codes (...) to (..., width)."""
        return functional.embedding(codes, self.weight)


class MeaningHead(Meaning):
    """Logits by likeness to what the codes stand for."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) to (..., size)."""
        return functional.linear(x, self.weight)


def delayed(codes: Tensor, chunk: int, unknown: Tensor) -> Tensor:
    """The listener's codes (B, T, 3) a chunk later, unknown at first: what may be known while frame t is generated."""
    start = unknown.expand(codes.shape[0], min(chunk, codes.shape[1]), -1)
    return torch.cat([start, codes[:, : codes.shape[1] - start.shape[1]]], dim=1)


def sinusoids(positions: int, width: int) -> Tensor:
    """Fixed position vectors (positions, width): sines in even columns, cosines in odd (Vaswani et al., 2017)."""
    angle = torch.arange(positions)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(10_000) / width))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :width]


def shares(width: int, n: int) -> list[int]:
    """`width` in `n` parts as equal as can be, larger ones first."""
    return [width // n + (k < width % n) for k in range(n)]
