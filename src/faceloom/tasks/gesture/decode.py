"""Free-running decoding: the network hears the speech and sees nothing but its own gestures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from faceloom.sequences.vocabulary import FIRST, SOS
from faceloom.tasks.gesture.network import GestureNetwork

Mode = Literal["greedy", "sample", "expected"]
MODES = get_args(Mode)


@dataclass(frozen=True)
class Decoded:
    """Tokens (N, T, units), their intensities in AU units (N, T, units), and logits (N, T, units, au_tokens)."""

    tokens: Tensor
    intensity: Tensor
    logits: Tensor


@torch.no_grad()
def free_run(
    network: GestureNetwork,
    f0: Tensor,
    au_values: Tensor,
    mode: Mode = "expected",
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> Decoded:
    """Decode windows frame by frame, all windows at once.

    Args:
        network: In evaluation mode.
        f0: Tokens (N, T).
        au_values: Intensity of each AU token (au_tokens,), NaN for SOS and EOS.
        mode: `greedy` takes the likeliest token (which tends to freeze on the commonest one), `sample` draws, and
            `expected` gives the mean intensity and goes on from the token nearest to it.
        temperature: Of `sample`; less than 1 is more careful.
        generator: Of `sample`, on the device of f0.
    """
    speech, state = network.encode(f0)
    previous = torch.full((len(f0), 1, network.config.units), SOS, device=f0.device)
    steps: list[tuple[Tensor, Tensor, Tensor]] = []
    for t in range(f0.shape[1]):
        logits, state = network.decode(previous, speech[:, t : t + 1], state)
        previous, intensity = choose(logits, au_values, mode, temperature, generator)
        steps.append((previous, intensity, logits))
    tokens, intensity, logits = (torch.cat(parts, dim=1) for parts in zip(*steps, strict=True))
    return Decoded(tokens, intensity, logits)


def choose(
    logits: Tensor,
    au_values: Tensor,
    mode: Mode,
    temperature: float = 1.0,
    generator: torch.Generator | None = None,
) -> tuple[Tensor, Tensor]:
    """Tokens and intensities from logits (..., au_tokens); SOS and EOS are never chosen."""
    logits, known = logits[..., FIRST:], au_values[FIRST:]
    if mode == "greedy":
        index = logits.argmax(dim=-1)
    elif mode == "sample":
        p = (logits / temperature).softmax(dim=-1)
        index = torch.multinomial(p.flatten(0, -2), 1, generator=generator).view(p.shape[:-1])
    else:
        mean = (logits.softmax(dim=-1) * known).sum(dim=-1)
        return (mean[..., None] - known).abs().argmin(dim=-1) + FIRST, mean
    return index + FIRST, known[index]
