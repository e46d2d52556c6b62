"""How often the network knows whether a listener heard a speaker (SLM), on dyads that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.data import Packed, Sample
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.windows import TOGETHER

Codes = NDArray[np.int32]
Floats = NDArray[np.float32]

STRANGERS: Final = 20
"""Most listeners that are asked about beside the real one, drawn by chance where there are more."""


@dataclass(frozen=True)
class Matching:
    """Shares of right answers for real pairs and for strangers, how many of each were asked, and the mean of both.

    Attributes:
        real: Of whole clips.
        strangers: Of whole clips.
        pairs: Real ones.
        other_pairs: Of strangers.
        stretches: Accuracy of single stretches.
    """

    real: float
    strangers: float
    pairs: int
    other_pairs: int
    stretches: float

    @property
    def accuracy(self) -> float:
        """Guessing has 0.5, however many strangers there are."""
        return (self.real + self.strangers) / 2


def matching(model: ReactionModel, held_out: HeldOut) -> Matching:
    """Ask for every speaker about the real listener and those of all speakers unlike this one.

    The network sees stretches as long as those of its training, which begin every half of one; of a clip counts their
    mean probability. (The published network sees a clip of 30 s at once.) Listeners are taken at the speaker's own
    time. Where every speaker is like every other, the strangers are all others; of many, `STRANGERS` are asked about.
    """
    found = [_probabilities(model, held_out, row) for row in range(len(held_out))]
    whole = [said.mean(axis=0, keepdims=True) for said in found]
    real, strangers = _shares(whole)
    return Matching(real, strangers, len(found), sum(said.shape[1] - 1 for said in found), sum(_shares(found)) / 2)


def _shares(found: Sequence[Floats]) -> tuple[float, float]:
    """Right answers for real pairs, and for strangers; NaN where none was asked."""
    answers = [np.concatenate([said[:, part].ravel() > 0.5 for said in found]) for part in (slice(1), slice(1, None))]
    real, strangers = (float(said.mean()) if len(said) else float("nan") for said in answers)
    return real, 1 - strangers


@torch.inference_mode()
def _probabilities(model: ReactionModel, held_out: HeldOut, row: int) -> Floats:
    """Probabilities (stretches, 1 + strangers) that a listener heard this speaker, the real one first."""
    k, frames = int(held_out.clips[row]), held_out.frames
    unlike = held_out.clips[held_out.appropriate[row] == 0]
    others = unlike if len(unlike) else held_out.clips[held_out.clips != k]
    some = np.random.default_rng(row).choice(others, STRANGERS, replace=False) if len(others) > STRANGERS else others
    speakers, length = [k, *map(int, some)], min(model.network.config.matched, frames)
    found = []
    for start in range(0, frames - length + 1, max(1, length // 2)):
        speaker = held_out.packed.clip(k, start, start + length)
        codes = np.stack([_reaction(held_out.packed, other, start, length) for other in speakers])
        found.append(_asked(model, speaker, codes))
    return np.stack(found)


def _asked(model: ReactionModel, speaker: Sample, codes: Codes) -> Floats:
    """Probabilities (n,) that listeners with these codes (n, T, 3) heard the speaker."""
    features, is_face = model.tensors(speaker)
    heard = {name: x[None] for name, x in features.items()}
    tokens, several = torch.from_numpy(codes).to(is_face.device).long(), max(1, TOGETHER // codes.shape[1])
    parts = [tokens[first : first + several] for first in range(0, len(codes), several)]
    logits = torch.cat([model.network.match(heard, is_face[None], part) for part in parts])
    return logits.float().softmax(dim=-1)[:, 1].cpu().numpy()


def _reaction(packed: Packed, speaker: int, start: int, length: int) -> Codes:
    first = int(packed.offsets[packed.listener(speaker)]) + start
    codes: Codes = packed.tokens[first : first + length]
    return codes
