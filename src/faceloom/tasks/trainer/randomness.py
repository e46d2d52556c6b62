"""Random numbers from the seed and the place in the run alone: it does not matter where a run was stopped."""

from __future__ import annotations

import hashlib

import torch


def seeded(seed: int) -> None:
    """Call before building a network: its initial weights then depend on the seed alone."""
    torch.manual_seed(seed)


def generator(*numbers: int) -> torch.Generator:
    """A generator on the CPU whose state depends on these numbers, in their order."""
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=7).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big"))
