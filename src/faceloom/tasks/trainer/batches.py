"""Which rows make which batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from faceloom.errors import InputError
from faceloom.tasks.trainer.randomness import generator

Batch = dict[str, Tensor]


def loader(
    dataset: Dataset[Batch],
    n: int,
    batch_size: int,
    seed: int | None = None,
    *,
    batches: int | None = None,
    chances: Tensor | None = None,
) -> DataLoader[Batch]:
    """Whole batches from a data set that takes a list of rows; shuffled by (seed, epoch) where a seed is given.

    Args:
        dataset: `dataset[list of rows]` gives a batch.
        n: Its number of rows; more than 0.
        batch_size: Rows of a batch; the last may be smaller.
        seed: For training.
        batches: Full batches of an epoch, in place of one pass; epochs go on where the pass before ended.
        chances: How likely each row is drawn (n,), in any unit; rows then repeat. Needs `batches`.

    Raises:
        InputError: there are no rows.
    """
    if not n:
        raise InputError("training: no usable sequence in the training split; add recordings.")
    sampler = Batches(n, batch_size, seed) if batches is None else Stream(n, batch_size, seed or 0, batches, chances)
    return DataLoader(dataset, batch_size=None, sampler=sampler)


class Batches(Sampler[list[int]]):
    """Rows of each batch; the order depends on the seed and the epoch alone, so that a resumed run repeats it."""

    def __init__(self, n: int, batch_size: int, seed: int | None) -> None:
        self.n, self.batch_size, self.seed, self.epoch = n, batch_size, seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        # a generator: after a resume Lightning makes the iterator before it says which epoch it is
        rows = list(range(self.n))
        if self.seed is not None:
            rows = torch.randperm(self.n, generator=generator(self.seed, self.epoch)).tolist()
        for first in range(0, self.n, self.batch_size):
            yield rows[first : first + self.batch_size]


class Stream(Sampler[list[int]]):
    """Full batches of an endless row of shuffled passes, or of independent draws; epochs are so many batches long."""

    def __init__(self, n: int, batch_size: int, seed: int, batches: int, chances: Tensor | None = None) -> None:
        self.n, self.batch_size, self.seed, self.batches, self.chances = n, batch_size, seed, batches, chances
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[list[int]]:
        count = self.batches * self.batch_size
        rows = self._passes(self.epoch * count, count) if self.chances is None else self._draws(count)
        for first in range(0, count, self.batch_size):
            yield rows[first : first + self.batch_size]

    def _draws(self, count: int) -> list[int]:
        assert self.chances is not None
        drawing = generator(self.seed, self.epoch)
        rows: list[int] = torch.multinomial(self.chances.double(), count, True, generator=drawing).tolist()
        return rows

    def _passes(self, first: int, count: int) -> list[int]:
        """Rows number `first` to `first + count` of the endless row."""
        start, end = first // self.n, -(-(first + count) // self.n)
        shuffled = [torch.randperm(self.n, generator=generator(self.seed, k)) for k in range(start, end)]
        rows: list[int] = torch.cat(shuffled)[first - start * self.n :][:count].tolist()
        return rows
