"""What a training run is, besides the module and its data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch

from faceloom.runtime import project_root

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MONITOR: Final = "val_loss"
"""What modules log and what early stopping and the best weights go by."""


@dataclass(frozen=True)
class Plan:
    """What a training run is, besides the module and its data.

    Attributes:
        task: Name of the task.
        identity: Everything that determines the result (settings, data fingerprint, versions), for resume.
        epochs: At most so many.
        patience: Epochs without a better validation loss before the run stops.
        seed: Of initial weights (see `seeded`), order and dropout.
        threads: CPU threads. Fixed per task rather than taken from the machine: sums over more threads round otherwise.
        precision: Lightning's (see `fast_precision`); None is exact.
        why: Of the precision, for the log.
        clip: Largest norm of the gradient, or None.
        accumulate: Batches whose gradients are added up for one step.
        monitor: What early stopping and the best weights go by, of what the module logs; less is better.
        summaries: Steps between TensorBoard's histograms of weights and losses, or None for none.
    """

    task: str
    identity: Mapping[str, Any]
    epochs: int
    patience: int
    seed: int
    threads: int = 1
    precision: str | None = None
    why: str = "the task asks for it"
    clip: float | None = None
    accumulate: int = 1
    monitor: str = MONITOR
    summaries: int | None = None

    @property
    def state(self) -> Path:
        """Folder of the run's checkpoints."""
        digest = hashlib.blake2b(json.dumps(self.identity, sort_keys=True).encode(), digest_size=8).hexdigest()
        return project_root() / ".faceloom" / "train" / f"{self.task}-{digest}"

    @property
    def last(self) -> Path:
        """Checkpoint of the last whole epoch."""
        return self.state / "last.ckpt"

    @property
    def is_begun(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return self.last.is_file()


def identity(settings: DataclassInstance, data: str, **more: Any) -> dict[str, Any]:
    """What determines the result of a task's run: its settings, the fingerprint of its data, PyTorch, and `more`."""
    return {"settings": asdict(settings), "data": data, "torch": torch.__version__, **more}


def fingerprint(path: Path) -> str:
    """BLAKE2b of a file, read in pieces: a published one has a hundred gigabytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
