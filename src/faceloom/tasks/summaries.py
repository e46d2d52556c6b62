"""TensorBoard's view of a training run, as reference 3 has it: histograms of the weights, and the loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger


class Summaries(Callback):
    """Every so many steps, the histogram of each parameter and the training loss.

    Args:
        every: Steps between two summaries.
    """

    def __init__(self, every: int) -> None:
        self.every = every

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, outputs: Any, *_: Any
    ) -> None:
        """Write where TensorBoard is among the loggers."""
        step = trainer.global_step - 1
        if step % self.every:
            return
        for logger in trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                loss = outputs["loss"] if isinstance(outputs, dict) else outputs
                logger.experiment.add_scalar("loss", float(loss), step)
                for name, parameter in module.named_parameters():
                    logger.experiment.add_histogram(name, parameter.detach().float(), step)


def writer(folder: Path) -> TensorBoardLogger | None:
    """A logger that writes below `folder`; None, with a sentence, where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: F401
    except ImportError:
        print("summaries: TensorBoard is not installed, so none are written; `pip install tensorboard` brings it.")
        return None
    return TensorBoardLogger(folder, name=None, version="")
