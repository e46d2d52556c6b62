"""One Lightning run: device, seeds, early stopping, best weights, resume."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch.utils.data import DataLoader

from faceloom.device import choose_device
from faceloom.runtime import Runtime
from faceloom.tasks.trainer.batches import Batch
from faceloom.tasks.trainer.callbacks import BatchSeed, History, HistoryCallback
from faceloom.tasks.trainer.loggers import loggers, summaries
from faceloom.tasks.trainer.plan import MONITOR, Plan
from faceloom.tasks.trainer.processes import is_first, world


def fit(module: lightning.LightningModule, train: DataLoader[Batch], val: DataLoader[Batch], plan: Plan) -> History:
    """Train a module, or go on where the same plan was stopped; leaves it with the best weights.

    Args:
        module: Logs `val_loss` in its validation step.
        train: Of `loader`.
        val: Of `loader`.
        plan: The run.

    Returns:
        Per epoch, its number and what the module logged.
    """
    torch.set_num_threads(plan.threads)
    accelerator, precision = _device(plan)
    history, best = HistoryCallback(), _best(plan)
    stopping, last = _stopping(plan.patience, plan.monitor), _last(plan.state)
    callbacks = [BatchSeed(plan.seed), *summaries(plan), history, stopping, best, last]
    trainer = lightning.Trainer(
        accelerator=accelerator,
        devices=int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        num_nodes=world() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")),
        strategy="ddp" if world() > 1 else "auto",
        use_distributed_sampler=False,  # samplers here know their rank
        precision=precision,  # type: ignore[arg-type]
        max_epochs=plan.epochs,
        gradient_clip_val=plan.clip,
        accumulate_grad_batches=plan.accumulate,
        callbacks=callbacks,
        logger=loggers(plan),
        default_root_dir=plan.state,
        deterministic="warn",
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1,  # tasks log whole epochs
    )
    if plan.is_begun:
        print(f"{plan.task}: going on from {plan.last.name} of the interrupted run")
    trainer.fit(module, train, val, ckpt_path=plan.last if plan.is_begun else None, weights_only=True)
    if trainer.interrupted:
        raise KeyboardInterrupt
    _load(module, Path(best.best_model_path))
    trainer.strategy.barrier()  # every process has read it
    if is_first():
        shutil.rmtree(plan.state)
    return history.rows


def _device(plan: Plan) -> tuple[str, str]:
    accelerator, why = choose_device(Runtime.load().device)
    precision = plan.precision or "32-true"
    reason = plan.why if plan.precision else "exact and fast enough for this size"
    print(f"{plan.task}: {accelerator} ({why}), {plan.threads} CPU thread(s), {precision} ({reason})")
    return accelerator, precision


def _stopping(patience: int, monitor: str = MONITOR) -> EarlyStopping:
    return EarlyStopping(monitor, patience=patience)


def _best(plan: Plan) -> ModelCheckpoint:
    return ModelCheckpoint(
        plan.state, filename="best", monitor=plan.monitor, enable_version_counter=False, save_weights_only=True
    )


def _last(state: Path) -> ModelCheckpoint:
    # at the end of the epoch: after validation, early stopping and the history have had their say
    return ModelCheckpoint(state, filename="last", enable_version_counter=False, save_on_train_epoch_end=True)


def _load(module: lightning.LightningModule, checkpoint: Path) -> None:
    module.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"])
