"""The three things that the network learns from a dyad, each a loss in nats.

SLM: did this listener hear this speaker? MRM: which codes are hidden here? CRM: what does the listener do next?
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from faceloom.tasks.reaction.network import Features, ReactionNetwork

SCORED: Final = 0.2
"""Share of the codes that MRM shows and still asks for."""


def matching_loss(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    real: Tensor,
    fake: Tensor,
    valid: Tensor | None = None,
    fake_valid: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """SLM: cross-entropy of telling the speaker's own listener from the listener of an unlike speaker.

    Args:
        network: The network.
        features: The speaker's (B, T, size) by stream name.
        is_face: (B, T).
        real: Codes of the speaker's listener (B, T, 3).
        fake: Codes of another's (B, T, 3).
        valid: (B, T), False where the dyad has ended; None: nowhere.
        fake_valid: The same for the fake.

    Returns:
        The loss, and the share of right answers.
    """
    both = {name: torch.cat([value, value]) for name, value in features.items()}
    masks = None if valid is None or fake_valid is None else torch.cat([valid, fake_valid])
    logits = network.match(both, torch.cat([is_face, is_face]), torch.cat([real, fake]), masks)
    truth = torch.arange(2, device=logits.device).flip(0).repeat_interleave(len(real))
    right = (logits.argmax(dim=-1) == truth).float().mean()
    return functional.cross_entropy(logits.float(), truth), right


def masked_loss(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    clip: Features,
    real: Tensor,
    valid: Tensor | None = None,
    generator: torch.Generator | None = None,
    value_loss: float = 0.0,
) -> Tensor:
    """MRM: cross-entropy of hidden codes, and of some that are shown, with a view of both directions.

    Args:
        network: The network.
        features: The speaker's (B, T, size) by stream name.
        is_face: (B, T).
        clip: The speaker's vectors (B, size) by stream name.
        real: The listener's codes (B, T, 3).
        valid: (B, T), False where the dyad has ended; None: nowhere.
        generator: Of what is hidden.
        value_loss: As for `codes_loss`.

    Returns:
        Mean over the codes asked for.
    """
    there = torch.ones(real.shape[:2], dtype=torch.bool) if valid is None else valid.cpu()
    hidden, asked = draw_masks(there, generator)
    hidden, asked = hidden.to(real.device), asked.to(real.device)
    shown = torch.where(hidden, network.listener.unknown, real)
    return codes_loss(network, network.offline(features, is_face, shown, clip, valid), real, asked, value_loss)


def causal_loss(
    network: ReactionNetwork,
    features: Features,
    is_face: Tensor,
    real: Tensor,
    chunk: int,
    valid: Tensor | None = None,
    forgets: Tensor | None = None,
    value_loss: float = 0.0,
) -> Tensor:
    """CRM: cross-entropy of each frame's codes given what an online listener knows.

    Arguments are those of `masked_loss`, the frames that are generated at once (`chunk`), and `forgets` (B,): True
    where the listener does not know their own past, so that copying it is of no use.
    """
    asked = None if valid is None else valid[..., None].expand_as(real)
    past = real if forgets is None else torch.where(forgets[:, None, None], network.listener.unknown, real)
    return codes_loss(network, network.online(features, is_face, past, chunk), real, asked, value_loss)


def codes_loss(
    network: ReactionNetwork, states: Tensor, real: Tensor, asked: Tensor | None, value_loss: float = 0.0
) -> Tensor:
    """Mean cross-entropy over the codes asked for, of all three streams; and squared error of the values meant.

    The heads see those alone: at the published sizes logits of all would be the largest tensor of a step.

    Args:
        network: Has the heads.
        states: (B, T, 3, width).
        real: (B, T, 3).
        asked: bool (B, T, 3); None: all.
        value_loss: Weight of the squared error between what the codes mean on average (by their probabilities) and
            what the real one means, in deviations of the table: to cross-entropy all wrong codes are equally wrong.
    """
    total, count = states.new_zeros((), dtype=torch.float32), 0
    for k, (head, values) in enumerate(zip(network.heads, network.values, strict=True)):
        some = slice(None) if asked is None else asked[..., k]
        x, truth = states[..., k, :][some].flatten(0, -2), real[..., k][some].flatten()
        logits = head(x).float()
        total = total + functional.cross_entropy(logits, truth, reduction="sum")
        if value_loss:
            error = (logits.softmax(dim=-1) @ values - values[truth]) / values.std(dim=0, correction=0).clamp(min=1e-3)
            total = total + value_loss * error.square().mean(dim=-1).sum()
        count += len(truth)
    return total / max(count, 1)


def draw_masks(valid: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """What MRM hides and what it asks for.

    Each stream of each sequence draws r uniformly and hides ceil(T cos(r pi / 2)) of its T valid frames, at random;
    it asks for those and for each of the others with probability `SCORED`.

    Args:
        valid: (B, T) on the CPU.
        generator: Source of chance.

    Returns:
        hidden and asked, bool (B, T, 3).
    """
    share = torch.cos(torch.rand(len(valid), 1, 3, generator=generator) * (math.pi / 2))
    count = torch.ceil(valid.sum(dim=1)[:, None, None] * share)
    order = torch.rand(*valid.shape, 3, generator=generator).masked_fill(~valid[..., None], 2.0)
    hidden = (order.argsort(dim=1).argsort(dim=1) < count) & valid[..., None]
    extra = torch.rand(*valid.shape, 3, generator=generator) < SCORED
    return hidden, hidden | (extra & valid[..., None])
