"""From logits to codes: temperature, top-k and top-p, means of codes, and the published settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from faceloom.errors import InputError
from faceloom.tasks.reaction.network import ReactionNetwork


@dataclass(frozen=True)
class Sampling:
    """How codes are drawn. Reaction i of a speaker takes `value + i * slope` where a setting has two numbers.

    Attributes:
        temperature: Value and slope; 0 is greedy.
        top_k: The so many likeliest codes alone; 0: all.
        top_p: Value and slope; the likeliest codes that together have this probability alone; 1: all.
        steps: Offline: passes of MaskGIT.
        chunk: Online: frames that are generated at once.
        window: Online: most frames that the network looks back on, its own chunk included; offline: frames that are
            generated together.
        mean_of: 0 takes what is drawn. More: a reaction has so many numbers between 0 and 1, its manner, which stay
            the same in all frames; each frame takes the codes at these quantiles (tables are in order: of valence, of
            neutrality, of how usual a combination of action units is), and of all codes that nearest to their mean.
        contrast: With `mean_of`: factor of what a mean differs from the mean of all frames so far. Means move less than
            people do, and who moves too little correlates with nobody.
        level: With `mean_of`: what is left of how the mean of all frames so far differs from the usual reaction. Who
            somebody is cannot be known from whom they listen to.
        expected: With `mean_of`: show the means themselves, so that an action unit may be half there.
        own_past: Whether the listener knows what they did in the frame (online) or window (offline) before. Without it
            nothing can freeze.
    """

    temperature: tuple[float, float] = (1.0, 0.0)
    top_k: int = 0
    top_p: tuple[float, float] = (1.0, 0.0)
    steps: int = 1
    chunk: int = 1
    window: int = 750
    mean_of: int = 0
    contrast: float = 1.0
    level: float = 1.0
    expected: bool = False
    own_past: bool = True

    def __post_init__(self) -> None:
        if min(self.steps, self.chunk, self.window) < 1 or min(self.top_k, self.mean_of) < 0:
            raise InputError("sampling: steps, chunk and window are at least 1, top_k and mean_of at least 0.")
        if self.window % self.chunk:
            raise InputError(f"sampling: a window of {self.window} frames does not hold whole chunks of {self.chunk}.")

    @classmethod
    def from_params(cls, section: Mapping[str, Any]) -> Sampling:
        """From a params section, where pairs are lists."""
        values: dict[str, Any] = {name: tuple(x) if isinstance(x, list) else x for name, x in section.items()}
        return cls(**values)


PRESETS: Final[dict[str, Sampling]] = {
    "greedy": Sampling(temperature=(0.0, 0.0)),
    "offline-top5": Sampling((0.33, 0.0), top_k=5),
    "offline-top6": Sampling((0.33, 0.0), top_k=6),
    "offline-top8": Sampling((0.5, 0.0), top_k=8),
    "offline-8steps": Sampling((0.912, -0.08), top_k=5, top_p=(0.05, 0.1), steps=8),
    "online-chunk-nucleus": Sampling((1.0, 0.0), top_p=(0.33, 0.0), chunk=5, window=150),
    "online-chunk-top5": Sampling((0.33, 0.0), top_k=5, chunk=5, window=150),
    "online-frame": Sampling((1.0, 0.0), top_k=5, top_p=(0.33, 0.0), chunk=1, window=150),
    "online-mean": Sampling(mean_of=32, contrast=1.5, level=0.5, expected=True, own_past=False),
    "offline-mean": Sampling(mean_of=32, contrast=2.0, level=0.5, expected=True, own_past=False),
}
"""Every setting that reference 4 gives results for, the deterministic one, and means of several codes."""


class Drawn(NamedTuple):
    """Reactions: codes (samples, T, 3), and what is shown of each stream, (samples, T, values) each.

    That is what the codes stand for or, where the sampling says `expected`, the means that they are nearest to.
    """

    codes: Tensor
    values: tuple[Tensor, ...]

    def where(self, chosen: Tensor, other: Drawn) -> Drawn:
        """These where `chosen` (samples, T, 3), the others elsewhere."""
        parts = zip(chosen.unbind(dim=-1), self.values, other.values, strict=True)
        values = tuple(torch.where(mine[..., None], a, b) for mine, a, b in parts)
        return Drawn(torch.where(chosen, self.codes, other.codes), values)

    def at(self, frames: slice) -> Drawn:
        """Some of the frames."""
        return Drawn(self.codes[:, frames], tuple(x[:, frames] for x in self.values))

    @classmethod
    def one_after_the_other(cls, parts: Sequence[Drawn]) -> Drawn:
        """Stretches of the same reactions joined."""
        values = zip(*(part.values for part in parts), strict=True)
        return cls(torch.cat([part.codes for part in parts], dim=1), tuple(torch.cat(x, dim=1) for x in values))


class Sampler:
    """Draws codes for several reactions to one speaker at once.

    Args:
        sampling: How.
        samples: Reactions.
        seed: One seed, one result; each frame of a stream goes on with the same generator.
        values: What the codes of each stream stand for (codes, values).
        usual: Mean of the training reactions (values,) for each stream; `level` needs it.
    """

    def __init__(
        self, sampling: Sampling, samples: int, seed: int, values: Sequence[Tensor], usual: Sequence[Tensor]
    ) -> None:
        number = torch.arange(samples)[:, None, None]
        # rounded: 0.912 - 9 * 0.08 is not quite 0.192 in floating point
        self.temperature = (sampling.temperature[0] + number * sampling.temperature[1]).clamp(min=0)
        self.top_p = (sampling.top_p[0] + number * sampling.top_p[1]).clamp(max=1)
        self.sampling, self.samples, self.top_k = sampling, samples, sampling.top_k
        self.values, self.usual, self.generator = values, usual, torch.Generator().manual_seed(seed)
        self.past = [(0, torch.zeros(())) for _ in range(3)]  # frames, and the sum of their means
        self.sums: dict[int, Tensor] = {}  # the same sum after each frame that was drawn last
        self.manners = torch.rand(3, samples, 1, sampling.mean_of, generator=self.generator)

    @classmethod
    def of(cls, network: ReactionNetwork, sampling: Sampling, samples: int, seed: int) -> Sampler:
        """For the codes of a network."""
        return cls(sampling, samples, seed, network.values, network.usual)

    def for_each(self, logits: Sequence[Tensor]) -> list[Tensor]:
        """Logits (1 or samples, T, codes) of each stream for all reactions."""
        return [stream.expand(self.samples, -1, -1) for stream in logits]

    def draw(self, logits: Sequence[Tensor], over: int | None = None) -> tuple[Drawn, Tensor]:
        """Reactions from logits (samples, T, codes), and the codes' probability (samples, T, 3) as the network has it.

        The probability is that before temperature, top-k and top-p: after them a greedy choice is always certain, and
        MaskGIT could not tell which codes to keep. The next call draws what follows the first `over` frames; None: all.
        """
        streams = [stream.float() for stream in logits]
        # drawn on the CPU: all devices then make the same choices; frame by frame: so do chunks of any length
        chances = torch.rand(streams[0].shape[1], 3, self.samples, generator=self.generator).permute(1, 2, 0)
        parts = zip(range(3), streams, chances, strict=True)
        codes, values = zip(*(self._stream(*part) for part in parts), strict=True)
        self._go_on(streams[0].shape[1] if over is None else over)
        sure = [x.softmax(dim=-1).gather(-1, code[..., None]) for x, code in zip(streams, codes, strict=True)]
        return Drawn(torch.stack(codes, dim=-1), values), torch.cat(sure, dim=-1)

    def _stream(self, k: int, logits: Tensor, chances: Tensor) -> tuple[Tensor, Tensor]:
        """Codes (samples, T) of one stream, and what is shown (samples, T, values)."""
        if self.manners.shape[-1]:
            mean = self._mean(k, logits)
            codes = torch.cdist(mean, self.values[k][None], compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=-1)
            return codes, mean if self.sampling.expected else self.values[k][codes]
        codes = logits.argmax(dim=-1)
        if self.temperature.any():
            greedy = self.temperature[..., 0].to(logits.device) == 0
            codes = torch.where(greedy, codes, self._sample(logits, chances))
        return codes, self.values[k][codes]

    def _sample(self, logits: Tensor, chances: Tensor) -> Tensor:
        """Codes (samples, T) by one uniform number each, `chances`."""
        scaled = logits / self.temperature.clamp(min=1e-4).to(logits.device)
        values, order = scaled.sort(dim=-1, descending=True) if not self.top_k else self._top(scaled)
        p = values.softmax(dim=-1)
        before = p.cumsum(dim=-1) - p
        p = torch.where(before < self.top_p.to(p.device), p, 0.0)  # the first is always kept: 0 < top_p
        at = chances.to(p.device)[..., None] * p.sum(dim=-1, keepdim=True)
        chosen = (p.cumsum(dim=-1) <= at).sum(dim=-1, keepdim=True).clamp(max=p.shape[-1] - 1)
        chosen = torch.minimum(chosen, (p > 0).sum(dim=-1, keepdim=True) - 1)
        return order.gather(-1, chosen)[..., 0]

    def _mean(self, k: int, logits: Tensor) -> Tensor:
        """Mean (samples, T, values) of the codes at the quantiles of each reaction's manner, less frozen."""
        below = (logits / self.temperature.clamp(min=1e-4).to(logits.device)).softmax(dim=-1).cumsum(dim=-1)
        manner = self.manners[k].to(logits.device) * below[..., -1:]
        at = torch.searchsorted(below, manner.contiguous()).clamp(max=logits.shape[-1] - 1)
        return self._livelier(k, self.values[k][at].mean(dim=-2))

    def _livelier(self, k: int, mean: Tensor) -> Tensor:
        """Means of stream k with `contrast` and `level`."""
        contrast, level = self.sampling.contrast, self.sampling.level
        if contrast == level == 1:
            return mean
        count, total = self.past[k]
        totals = total.to(mean.device) + mean.cumsum(dim=1)
        counts = count + torch.arange(1, mean.shape[1] + 1, device=mean.device)
        self.sums[k] = totals
        so_far = totals / counts[:, None]
        return self.usual[k] + level * (so_far - self.usual[k]) + contrast * (mean - so_far)

    def _go_on(self, over: int) -> None:
        """Count the first `over` of the frames that were drawn last among all so far."""
        for k, sums in self.sums.items():
            n = min(over, sums.shape[1])
            if n:
                self.past[k] = self.past[k][0] + n, sums[:, n - 1 : n]

    def _top(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        top = logits.topk(min(self.top_k, logits.shape[-1]), dim=-1)
        return top.values, top.indices
