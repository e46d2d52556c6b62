"""What Lightning calls during a run: the seed of each batch, and the history."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from faceloom.tasks.trainer.processes import rank
from faceloom.tasks.trainer.randomness import generator

History = list[dict[str, float]]


class BatchSeed(Callback):
    """Dropout and sampling start from (seed, epoch, batch)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    # not at the start of an epoch: Lightning leaves that hook out for the first epoch after a resume
    def on_train_batch_start(
        self, trainer: lightning.Trainer, _module: lightning.LightningModule, _batch: Any, i: int
    ) -> None:
        """Seed every device."""
        process = (rank(),) if rank() else ()
        torch.manual_seed(generator(self.seed, trainer.current_epoch, i, *process).initial_seed())


class HistoryCallback(Callback):
    """What was logged, per epoch; part of the checkpoint, so that a resumed run has it all."""

    def __init__(self) -> None:
        self.rows: History = []

    def on_train_epoch_end(self, trainer: lightning.Trainer, _: lightning.LightningModule) -> None:
        """Append a row."""
        logged = {name: float(value) for name, value in sorted(trainer.callback_metrics.items())}
        self.rows.append({"epoch": trainer.current_epoch, **logged})

    def state_dict(self) -> dict[str, Any]:
        """Lightning's hook."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Lightning's hook."""
        self.rows = state_dict["rows"]
