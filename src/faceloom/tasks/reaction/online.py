"""Reactions while the speaker still speaks: chunk by chunk, the past in a key/value cache, in bounded memory.

The network knows `window` frames. A longer stream is generated with two caches that start half a window apart: the
older one answers until it is full, then the younger takes its place with half a window of past, and a new one starts.
So every frame looks back on half a window to a whole one, positions stay among those of the training, no frame waits
for a cache to be rebuilt, and a frame costs at most that of one full and one half-full cache.
"""

from __future__ import annotations

import torch
from torch import Tensor

from faceloom.errors import InputError
from faceloom.tasks.reaction.attention import LayerCache
from faceloom.tasks.reaction.network import Features, ReactionNetwork
from faceloom.tasks.reaction.sampling import Drawn, Sampler, Sampling
from faceloom.tasks.reaction.windows import Window, all_states


class OnlineDecoder:
    """Generates the next chunk for several reactions to one speaker.

    Args:
        network: In evaluation mode.
        sampling: `chunk`, `window` and how to draw.
        samples: Reactions.
        seed: One seed, one result.
        frames: How many will come, where that is known: no cache is then started that would never answer.
    """

    def __init__(
        self, network: ReactionNetwork, sampling: Sampling, samples: int = 10, seed: int = 0, frames: int | None = None
    ) -> None:
        self.network, self.samples, self.frames = network, samples, frames
        self.window = Window.of(sampling, network.config.frames)
        self.sampler = Sampler.of(network, sampling, samples, seed)
        self.own_past = sampling.own_past
        self.states = samples if sampling.own_past else 1  # who forgets their past is in the same state as the others
        self.previous = network.listener.unknown.expand(self.states, sampling.chunk, -1)
        self.caches: list[list[LayerCache]] = []
        self.frame = 0

    @torch.inference_mode()
    def push(self, features: Features, is_face: Tensor) -> Drawn:
        """One more chunk of the speaker; only the last of a stream may be shorter.

        Args:
            features: (chunk, size) by stream name.
            is_face: (chunk,).
        """
        if self.frame % self.window.chunk:
            raise InputError("online generation: the stream has ended with a chunk that was not full.")
        self._turn()
        n, speaker = len(is_face), {name: x[None] for name, x in features.items()}
        previous = self.previous[:, :n]
        states = [self._step(speaker, is_face[None], previous, cache) for cache in self.caches]
        logits = self.network.logits(states[0])
        drawn, _ = self.sampler.draw(self.sampler.for_each(logits))
        self.frame += n
        if self.own_past:
            self.previous = drawn.codes
        return drawn

    def _step(self, speaker: Features, is_face: Tensor, previous: Tensor, cache: list[LayerCache]) -> Tensor:
        first = cache[0].filled == 0
        known = self.network.listener.unknown.expand_as(previous) if first else previous
        return self.network.step(speaker, is_face, known, cache)

    def _turn(self) -> None:
        """Start a cache where it is time, and drop the one that is full."""
        if self.frame % self.window.half:
            return
        if len(self.caches) == 2:
            del self.caches[0]
        if not self.caches or self.frames is None or self.frames > self.frame + self.window.half:
            self.caches.append(self.network.new_cache(self.states, 2 * self.window.half))


def generate_online(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    sampling: Sampling,
    samples: int = 10,
    seed: int = 0,
) -> Drawn:
    """Reactions to a whole clip, each frame as a listener gives it who does not know what comes next.

    Args:
        network: In evaluation mode.
        features: The speaker's (T, size) by stream name.
        is_face: (T,).
        sampling: `chunk`, `window` and how to draw.
        samples: Reactions.
        seed: One seed, one result: the same as that of a `ReactionStream`; to rounding where nobody knows their own
            past, for no frame then waits for another, and all are computed together.
    """
    if not sampling.own_past:
        return _together(network, features, is_face, sampling, Sampler.of(network, sampling, samples, seed))
    decoder = OnlineDecoder(network, sampling, samples, seed, frames=len(is_face))
    parts = [slice(first, first + sampling.chunk) for first in range(0, len(is_face), sampling.chunk)]
    drawn = [decoder.push({name: x[part] for name, x in features.items()}, is_face[part]) for part in parts]
    return Drawn.one_after_the_other(drawn)


@torch.inference_mode()
def _together(
    network: ReactionNetwork, features: Features, is_face: Tensor, sampling: Sampling, sampler: Sampler
) -> Drawn:
    window = Window.of(sampling, network.config.frames)
    found = (network.logits(states) for states in all_states(network, features, is_face, window))
    return Drawn.one_after_the_other([sampler.draw(sampler.for_each(logits))[0] for logits in found])
