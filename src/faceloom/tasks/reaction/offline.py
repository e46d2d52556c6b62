"""Reactions to a whole clip, its future included: iterative unmasking (MaskGIT)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from faceloom.tasks.reaction.network import Features, ReactionNetwork
from faceloom.tasks.reaction.sampling import Drawn, Sampler, Sampling


@torch.inference_mode()
def generate_offline(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    clip: Features,
    sampling: Sampling,
    samples: int = 10,
    seed: int = 0,
) -> Drawn:
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
    """
    frames, window = len(is_face), min(sampling.window, network.config.frames)
    hop = max(1, window - window // 2)
    made = nothing(network, samples, frames)
    sampler = Sampler.of(network, sampling, samples, seed)
    vectors = {name: x[None] for name, x in clip.items()}
    for first in range(0, max(1, frames - window // 2), hop):
        part = slice(first, first + window)
        speaker = {name: x[None, part] for name, x in features.items()}
        before = made.at(part)
        known = before if sampling.own_past else nothing(network, samples, len(is_face[part]))
        new = unmask(network, speaker, is_face[None, part], vectors, known, sampler, sampling.steps, hop)
        now = new.where(before.codes == network.listener.unknown, before)
        made = Drawn.one_after_the_other([made.at(slice(first)), now, made.at(slice(first + window, None))])
    return made


def nothing(network: ReactionNetwork, samples: int, frames: int) -> Drawn:
    """Reactions of which nothing is known yet."""
    shape, usual = (samples, frames, -1), network.usual
    return Drawn(network.listener.unknown.expand(shape), tuple(value.expand(shape) for value in usual))


def unmask(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    clip: Features,
    known: Drawn,
    sampler: Sampler,
    steps: int,
    over: int | None = None,
) -> Drawn:
    """Fill the unknown codes in so many steps (MaskGIT, Chang et al. 2022).

    Each step predicts all codes, keeps the most probable ones of the three streams together, and hides again as many
    as `schedule` says; codes that were known before stay.

    Args:
        network: In evaluation mode.
        features: The speaker's (1, T, size) by stream name.
        is_face: (1, T).
        clip: The speaker's vectors (1, size) by stream name.
        known: Reactions of T frames, their codes `listener.unknown` where they are to be found.
        sampler: Draws them.
        steps: Passes through the network.
        over: Frames at the beginning that no later call draws again; they alone are past for the sampler. None: all.
    """
    unknown, made = network.listener.unknown, known
    hidden = (known.codes == unknown).flatten(1)
    n = int(hidden[0].sum())
    for step, left in enumerate(schedule(n, steps), start=1):
        shown = torch.where(hidden.view_as(made.codes), unknown, made.codes)
        seen = shown[:1] if (shown == shown[:1]).all() else shown  # equal reactions are computed once
        logits = network.logits(network.offline(features, is_face, seen, clip))
        drawn, probability = sampler.draw(sampler.for_each(logits), over if step == steps else 0)
        made = drawn.where(hidden.view_as(made.codes), made)
        confidence = torch.where(hidden, probability.flatten(1), torch.inf)
        least = confidence.argsort(dim=1, stable=True)[:, :left]
        hidden = torch.zeros_like(hidden).scatter(1, least, value=True)
    return made


def schedule(n: int, steps: int) -> list[int]:
    """How many of `n` codes are still hidden after each step: round(n cos(k / steps pi / 2)), 0 after the last."""
    return [round(n * math.cos(k / steps * math.pi / 2)) for k in range(1, steps + 1)]
