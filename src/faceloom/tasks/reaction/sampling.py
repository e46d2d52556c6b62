"""From logits to codes: temperature, top-k and top-p, the published settings, and offline generation (MaskGIT)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

from faceloom.errors import InputError
from faceloom.tasks.reaction.network import Features, Logits, ReactionNetwork


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
    "online-mean": Sampling(mean_of=32, contrast=1.5, own_past=False),
    "offline-mean": Sampling(mean_of=32, contrast=2.0, own_past=False),
}
"""Every setting that reference 4 gives results for, the deterministic one, and means of several codes."""


class Sampler:
    """Draws codes for several reactions to one speaker at once.

    Args:
        sampling: How.
        samples: Reactions.
        seed: One seed, one result; each frame of a stream goes on with the same generator.
        values: What the codes of each stream stand for (codes, values); `mean_of` needs them.
    """

    def __init__(self, sampling: Sampling, samples: int, seed: int, values: Sequence[Tensor] = ()) -> None:
        number = torch.arange(samples)[:, None, None]
        # rounded: 0.912 - 9 * 0.08 is not quite 0.192 in floating point
        self.temperature = (sampling.temperature[0] + number * sampling.temperature[1]).clamp(min=0)
        self.top_p = (sampling.top_p[0] + number * sampling.top_p[1]).clamp(max=1)
        self.top_k = sampling.top_k
        self.values, self.generator = values, torch.Generator().manual_seed(seed)
        self.contrast, self.past = sampling.contrast, [(0, torch.zeros(())) for _ in range(3)]
        self.manners = torch.rand(3, samples, 1, sampling.mean_of, generator=self.generator)

    def draw(self, logits: Logits) -> tuple[Tensor, Tensor]:
        """Codes (samples, T, 3) of logits (samples, T, codes), and their probability as the network has it.

        The probability is that before temperature, top-k and top-p: after them a greedy choice is always certain, and
        MaskGIT could not tell which codes to keep.
        """
        drawn = [self._stream(k, stream.float()) for k, stream in enumerate(logits)]
        codes, probability = (torch.stack(parts, dim=-1) for parts in zip(*drawn, strict=True))
        return codes, probability

    def _stream(self, k: int, logits: Tensor) -> tuple[Tensor, Tensor]:
        likeliest = logits.argmax(dim=-1)
        if self.manners.shape[-1]:
            codes = self._mean(k, logits, self.manners[k].to(logits.device), self.values[k])
        elif not self.temperature.any():
            codes = likeliest
        else:
            greedy = self.temperature[..., 0].to(logits.device) == 0
            codes = torch.where(greedy, likeliest, self._sample(logits))
        return codes, logits.softmax(dim=-1).gather(-1, codes[..., None])[..., 0]

    def _sample(self, logits: Tensor) -> Tensor:
        scaled = logits / self.temperature.clamp(min=1e-4).to(logits.device)
        values, order = scaled.sort(dim=-1, descending=True) if not self.top_k else self._top(scaled)
        p = values.softmax(dim=-1)
        before = p.cumsum(dim=-1) - p
        p = torch.where(before < self.top_p.to(p.device), p, 0.0)  # the first is always kept: 0 < top_p
        # one uniform number a code, drawn on the CPU: all devices then make the same choices
        at = torch.rand(p.shape[:-1], generator=self.generator).to(p.device)[..., None] * p.sum(dim=-1, keepdim=True)
        chosen = (p.cumsum(dim=-1) <= at).sum(dim=-1, keepdim=True).clamp(max=p.shape[-1] - 1)
        chosen = torch.minimum(chosen, (p > 0).sum(dim=-1, keepdim=True) - 1)
        return order.gather(-1, chosen)[..., 0]

    def _mean(self, k: int, logits: Tensor, manner: Tensor, values: Tensor) -> Tensor:
        """Codes (samples, T) of logits (samples, T, codes): the nearest to the mean of those at the quantiles."""
        below = (logits / self.temperature.clamp(min=1e-4).to(logits.device)).softmax(dim=-1).cumsum(dim=-1)
        at = torch.searchsorted(below, (manner * below[..., -1:]).contiguous()).clamp(max=logits.shape[-1] - 1)
        mean = self._contrasted(k, values[at].mean(dim=-2))
        return torch.cdist(mean, values[None], compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=-1)

    def _contrasted(self, k: int, mean: Tensor) -> Tensor:
        """Means (samples, T, values) of stream k, further from the running mean; which goes on with the next frames."""
        if self.contrast == 1:
            return mean
        count, total = self.past[k]
        totals = total.to(mean.device) + mean.cumsum(dim=1)
        counts = count + torch.arange(1, mean.shape[1] + 1, device=mean.device)
        self.past[k] = count + mean.shape[1], totals[:, -1:]
        usual = totals / counts[:, None]
        return usual + self.contrast * (mean - usual)

    def _top(self, logits: Tensor) -> tuple[Tensor, Tensor]:
        top = logits.topk(min(self.top_k, logits.shape[-1]), dim=-1)
        return top.values, top.indices


@torch.inference_mode()
def generate_offline(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    clip: Features,
    sampling: Sampling,
    samples: int = 10,
    seed: int = 0,
) -> Tensor:
    """Reactions to a whole clip, by iterative unmasking.

    A clip that is longer than the window is generated window by window; each then starts with half a window that is
    known from the last, or with `own_past` off is generated anew and thrown away.

    Args:
        network: In evaluation mode.
        features: The speaker's (T, size) by stream name.
        is_face: (T,).
        clip: The speaker's vectors (size,) by stream name.
        sampling: `steps`, `window` and how to draw.
        samples: Reactions.
        seed: One seed, one result.

    Returns:
        Codes (samples, T, 3).
    """
    frames, window = len(is_face), min(sampling.window, network.config.frames)
    codes = network.listener.unknown.expand(samples, frames, -1).clone()
    sampler, vectors = Sampler(sampling, samples, seed, network.values), {name: x[None] for name, x in clip.items()}
    for first in range(0, max(1, frames - window // 2), max(1, window - window // 2)):
        part = slice(first, first + window)
        speaker = {name: x[None, part] for name, x in features.items()}
        known = codes[:, part] if sampling.own_past else network.listener.unknown.expand_as(codes[:, part])
        made = unmask(network, speaker, is_face[None, part], vectors, known, sampler, sampling.steps)
        codes[:, part] = torch.where(codes[:, part] == network.listener.unknown, made, codes[:, part])
    return codes


def unmask(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    clip: Features,
    codes: Tensor,
    sampler: Sampler,
    steps: int,
) -> Tensor:
    """Fill the unknown codes in so many steps (MaskGIT, Chang et al. 2022).

    Each step predicts all codes, keeps the most probable ones of the three streams together, and hides again as many
    as `schedule` says; codes that were known before stay.

    Args:
        network: In evaluation mode.
        features: The speaker's (1, T, size) by stream name.
        is_face: (1, T).
        clip: The speaker's vectors (1, size) by stream name.
        codes: (samples, T, 3), `listener.unknown` where they are to be found.
        sampler: Draws them.
        steps: Passes through the network.

    Returns:
        (samples, T, 3).
    """
    unknown = network.listener.unknown
    hidden = (codes == unknown).flatten(1)
    n = int(hidden[0].sum())
    for left in schedule(n, steps):
        drawn, probability = sampler.draw(network.logits(network.offline(features, is_face, codes, clip)))
        codes = torch.where(hidden.view_as(codes), drawn, codes)
        confidence = torch.where(hidden, probability.flatten(1), torch.inf)
        least = confidence.argsort(dim=1, stable=True)[:, :left]
        hidden = torch.zeros_like(hidden).scatter(1, least, value=True)
        codes = torch.where(hidden.view_as(codes), unknown, codes)
    return codes


def schedule(n: int, steps: int) -> list[int]:
    """How many of `n` codes are still hidden after each step: round(n cos(k / steps pi / 2)), 0 after the last."""
    return [round(n * math.cos(k / steps * math.pi / 2)) for k in range(1, steps + 1)]
