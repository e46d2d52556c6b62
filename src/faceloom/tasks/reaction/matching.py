"""How often the network knows whether a listener heard a speaker (SLM), on dyads that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.data import Packed, Sample
from faceloom.tasks.reaction.held_out import HeldOut

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Matching:
    """Shares of right answers for real pairs and for strangers, how many of each were asked, and the mean of both."""

    real: float
    strangers: float
    pairs: int
    other_pairs: int

    @property
    def accuracy(self) -> float:
        """Guessing has 0.5, however many strangers there are."""
        return (self.real + self.strangers) / 2


@torch.inference_mode()
def matching(model: ReactionModel, held_out: HeldOut) -> Matching:
    """Ask for every speaker and stretch about the real listener and those of all speakers unlike this one.

    Stretches are as long as those of the training, and begin every half of one; listeners are taken at the speaker's
    own time. Where every speaker is like every other, the strangers are all others.
    """
    answers: dict[bool, list[bool]] = {True: [], False: []}
    for speaker, listeners in _stretches(held_out, model.network.config.frames):
        features, is_face = model.tensors(speaker)
        logits = model.network.match(
            {name: x[None].expand(len(listeners), -1, -1) for name, x in features.items()},
            is_face[None].expand(len(listeners), -1),
            torch.from_numpy(listeners).to(is_face.device).long(),
        )
        said = logits.argmax(dim=-1).tolist()
        answers[True].append(said[0] == 1)
        answers[False] += [number == 0 for number in said[1:]]
    right = {real: float(np.mean(found)) if found else float("nan") for real, found in answers.items()}
    return Matching(right[True], right[False], len(answers[True]), len(answers[False]))


def _stretches(held_out: HeldOut, frames: int) -> Iterator[tuple[Sample, Codes]]:
    """A speaker's stretch, and codes (n, T, 3) of the real listener and of the strangers."""
    length = min(frames, held_out.frames)
    for row, k in enumerate(held_out.clips):
        unlike = held_out.clips[held_out.appropriate[row] == 0]
        others = unlike if len(unlike) else held_out.clips[held_out.clips != k]
        for start in range(0, held_out.frames - length + 1, max(1, length // 2)):
            speakers = [int(k), *map(int, others)]
            codes = [_reaction(held_out.packed, speaker, start, length) for speaker in speakers]
            yield held_out.packed.clip(int(k), start, start + length), np.stack(codes)


def _reaction(packed: Packed, speaker: int, start: int, length: int) -> Codes:
    first = int(packed.offsets[packed.listener(speaker)]) + start
    codes: Codes = packed.tokens[first : first + length]
    return codes
