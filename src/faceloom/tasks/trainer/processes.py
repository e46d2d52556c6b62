"""Which of the processes that train together this one is; `torchrun` says so in the environment."""

from __future__ import annotations

import os


def rank() -> int:
    """Number of this process among those that `torchrun` started to train together."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """How many processes train together; 1 without `torchrun`."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process writes the files."""
    return rank() == 0
