"""Training batches of dyads: a stretch of a speaker, the listener's codes, and a stranger's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from faceloom.errors import InputError
from faceloom.tasks.reaction.data import Packed, Sample

Draw = tuple[int, int]
"""A row of the data set, and the number that its random choices start from."""


@dataclass(frozen=True)
class Example:
    """A stretch of a dyad: the speaker (T frames), codes of the target listener and of a stranger (at most T, 3)."""

    speaker: Sample
    real: NDArray[np.int32]
    fake: NDArray[np.int32]


class DyadDataset(Dataset[dict[str, Tensor]]):
    """Every dyad of a split in both directions; takes a list of `Draw`s.

    Args:
        packed: The packed file.
        split: `train`, `val` or `test`.
        frames: Longest stretch; longer clips give a random one.
        swap: Chance that the target is another listener whose reaction is appropriate.

    Raises:
        InputError: the split has fewer than two clips, so that nobody is a stranger.
    """

    def __init__(self, packed: Packed, split: str, frames: int, swap: float = 0.0) -> None:
        self.packed, self.split, self.frames, self.swap = packed, split, frames, swap
        self.clips = packed.of(split)
        if len(self.clips) < 2:
            raise InputError(
                f"{packed.path.name}: the {split} split has {len(self.clips)} clips, and telling a listener from a "
                "stranger takes two; add dyads or change catalog.split."
            )

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, draws: Sequence[Draw]) -> dict[str, Tensor]:
        """A batch.

        Returns:
            `speaker/<stream>` (B, T, size), `clip/<stream>` (B, size), `is_face` (B, T), `real` and `fake` codes
            (B, T, 3); where some clip is shorter than T also `valid` and `fake_valid` (B, T).
        """
        examples = [self.example(row, np.random.default_rng(number)) for row, number in draws]
        longest = max(len(example.speaker) for example in examples)
        batch = {"is_face": _stack([example.speaker.is_face for example in examples], longest)}
        for name in self.packed.widths:
            values = [example.speaker.features[name] for example in examples]
            batch[f"speaker/{name}"] = _stack(values, longest).float()
        for name in self.packed.clip_widths:
            values = [example.speaker.clip_features[name] for example in examples]
            batch[f"clip/{name}"] = torch.from_numpy(np.stack(values)).float()
        return batch | _codes(examples, longest)

    def example(self, row: int, rng: np.random.Generator) -> Example:
        """A stretch of one clip."""
        k = int(self.clips[row])
        start = int(rng.integers(max(1, self.packed.frames(k) - self.frames + 1)))
        speaker = self.packed.clip(k, start, start + self.frames)
        like, unlike = self._others(k)
        target = int(rng.choice(like)) if len(like) and rng.random() < self.swap else k
        stranger = int(rng.choice(unlike))
        real = self._reaction(target, start, len(speaker))
        late = int(rng.integers(max(1, self.packed.frames(stranger) - len(speaker) + 1)))
        return Example(speaker, real, self._reaction(stranger, late, len(speaker)))

    def _others(self, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Other speakers of the split to whom a listener's reaction suits k too, and those to whom it does not."""
        others = self.clips[self.clips != k]
        suits = self.packed.appropriate[k, others] > 0
        return others[suits], others[~suits] if not suits.all() else others

    def _reaction(self, speaker: int, start: int, length: int) -> NDArray[np.int32]:
        """Codes of a speaker's listener, from `start` or so late that as many frames as possible are there."""
        listener = self.packed.listener(speaker)
        first = int(self.packed.offsets[listener])
        frames = self.packed.frames(listener)
        start = min(start, max(0, frames - length))
        return self.packed.tokens[first + start : first + min(start + length, frames)]


class Draws(Sampler[list[Draw]]):
    """Numbers the rows of another sampler's batches, so that a resumed run and any number of processes draw the same.

    Args:
        batches: Gives lists of rows (`trainer.Batches`, `trainer.Stream`).
        seed: Of the numbers.
        fixed: The same numbers in every epoch, for validation.
        rank: Of this process; it gets every `world`-th row of a batch.
        world: Processes that train together.
    """

    def __init__(self, batches: Sampler[list[int]], seed: int, fixed: bool = False, rank: int = 0, world: int = 1):
        self.batches, self.seed, self.fixed, self.rank, self.world = batches, seed, fixed, rank, world
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning."""
        if not self.fixed:
            self.epoch = epoch
            self.batches.set_epoch(epoch)  # type: ignore[attr-defined]

    def __len__(self) -> int:
        return len(self.batches)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[list[Draw]]:
        for number, rows in enumerate(self.batches):
            draws = [(row, _number(self.seed, self.epoch, number, k)) for k, row in enumerate(rows)]
            # a process without a row of a short last batch repeats one: all must take as many steps
            yield draws[self.rank :: self.world] or draws[-1:]


def _number(*parts: int) -> int:
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "big")


def _codes(examples: Sequence[Example], length: int) -> dict[str, Tensor]:
    out = {}
    for name, valid, of in (("real", "valid", "real"), ("fake", "fake_valid", "fake")):
        codes = [getattr(example, of) for example in examples]
        out[name] = _stack(codes, length).long()
        out[valid] = torch.tensor([len(c) for c in codes])[:, None] > torch.arange(length)
    if out["valid"].all() and out["fake_valid"].all():  # no mask: flash attention
        del out["valid"], out["fake_valid"]
    return out


def _stack(arrays: Sequence[NDArray[np.generic]], length: int) -> Tensor:
    """Arrays (<= length, ...) as one tensor (n, length, ...), zeros behind the shorter ones."""
    out = np.zeros((len(arrays), length, *arrays[0].shape[1:]), arrays[0].dtype)
    for k, array in enumerate(arrays):
        out[k, : len(array)] = array
    return torch.from_numpy(out)
