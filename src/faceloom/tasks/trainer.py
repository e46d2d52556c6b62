"""One Lightning trainer for all tasks: device, seeds, early stopping, best weights, resume.

A run's state lies outside the DAG's outs, in `.faceloom/train/<task>-<hash of what determines the result>/`: after a
kill the same run goes on from its last whole epoch and ends with the weights that it would have had. It is removed when
the run is done. Every batch draws its own random numbers from (seed, epoch, batch), so that it does not matter where a
run stopped.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from faceloom.errors import InputError
from faceloom.runtime import Runtime, project_root

Batch = dict[str, Tensor]
History = list[dict[str, float]]
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
        precision: Lightning's; None chooses by device.
        clip: Largest norm of the gradient, or None.
    """

    task: str
    identity: Mapping[str, Any]
    epochs: int
    patience: int
    seed: int
    threads: int = 1
    precision: str | None = None
    clip: float | None = None

    @property
    def state(self) -> Path:
        """Folder of the run's checkpoints."""
        digest = hashlib.blake2b(json.dumps(self.identity, sort_keys=True).encode(), digest_size=8).hexdigest()
        return project_root() / ".faceloom" / "train" / f"{self.task}-{digest}"


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
    history, best = HistoryCallback(), _best(plan.state)
    callbacks = [BatchSeed(plan.seed), history, _stopping(plan.patience), best, _last(plan.state)]
    trainer = lightning.Trainer(
        accelerator=accelerator,
        devices=1,
        precision=precision,  # type: ignore[arg-type]
        max_epochs=plan.epochs,
        gradient_clip_val=plan.clip,
        callbacks=callbacks,
        logger=_live(plan),
        default_root_dir=plan.state,
        deterministic="warn",
        enable_progress_bar=sys.stderr.isatty(),
        enable_model_summary=False,
        num_sanity_val_steps=0,
        log_every_n_steps=1,  # tasks log whole epochs
    )
    resume = plan.state / "last.ckpt"
    if resume.is_file():
        print(f"{plan.task}: going on from {resume.name} of the interrupted run")
    trainer.fit(module, train, val, ckpt_path=resume if resume.is_file() else None, weights_only=True)
    if trainer.interrupted:
        raise KeyboardInterrupt
    _load(module, Path(best.best_model_path))
    shutil.rmtree(plan.state)
    return history.rows


def loader(dataset: Dataset[Batch], n: int, batch_size: int, seed: int | None = None) -> DataLoader[Batch]:
    """Whole batches from a data set that takes a list of rows; shuffled by (seed, epoch) where a seed is given.

    Args:
        dataset: `dataset[list of rows]` gives a batch.
        n: Its number of rows; more than 0.
        batch_size: Rows of a batch; the last may be smaller.
        seed: For training.

    Raises:
        InputError: there are no rows.
    """
    if not n:
        raise InputError("training: no usable sequence in the training split; add recordings.")
    return DataLoader(dataset, batch_size=None, sampler=Batches(n, batch_size, seed))


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
            rows = torch.randperm(self.n, generator=_generator(self.seed, self.epoch)).tolist()
        for first in range(0, self.n, self.batch_size):
            yield rows[first : first + self.batch_size]


class BatchSeed(Callback):
    """Dropout and sampling start from (seed, epoch, batch)."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    # not at the start of an epoch: Lightning leaves that hook out for the first epoch after a resume
    def on_train_batch_start(
        self, trainer: lightning.Trainer, _module: lightning.LightningModule, _batch: Any, i: int
    ) -> None:
        """Seed every device."""
        torch.manual_seed(_generator(self.seed, trainer.current_epoch, i).initial_seed())


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


def seeded(seed: int) -> None:
    """Call before building a network: its initial weights then depend on the seed alone."""
    torch.manual_seed(seed)


def _generator(*numbers: int) -> torch.Generator:
    digest = hashlib.blake2b(repr(numbers).encode(), digest_size=7).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big"))


def choose_device(requested: str) -> tuple[str, str]:
    """Lightning's accelerator for FACELOOM_DEVICE, and why.

    Raises:
        InputError: a device that this machine or PyTorch does not have.
    """
    if requested == "auto":
        if torch.cuda.is_available():
            return "cuda", f"{torch.cuda.get_device_name()} is there"
        return "cpu", "no CUDA device is there"
    if requested == "cpu" or (requested == "cuda" and torch.cuda.is_available()):
        return requested, "FACELOOM_DEVICE asks for it"
    raise InputError(f"FACELOOM_DEVICE: `{requested}` is not available here; use `auto`, `cpu` or `cuda`.")


def _device(plan: Plan) -> tuple[str, str]:
    accelerator, why = choose_device(Runtime.load().device)
    precision = plan.precision or "32-true"
    reason = "the task asks for it" if plan.precision else "exact and fast enough for this size"
    print(f"{plan.task}: {accelerator} ({why}), {plan.threads} CPU thread(s), {precision} ({reason})")
    return accelerator, precision


def _stopping(patience: int) -> EarlyStopping:
    return EarlyStopping(MONITOR, patience=patience)


def _best(state: Path) -> ModelCheckpoint:
    return ModelCheckpoint(
        state, filename="best", monitor=MONITOR, enable_version_counter=False, save_weights_only=True
    )


def _last(state: Path) -> ModelCheckpoint:
    # at the end of the epoch: after validation, early stopping and the history have had their say
    return ModelCheckpoint(state, filename="last", enable_version_counter=False, save_on_train_epoch_end=True)


def _load(module: lightning.LightningModule, checkpoint: Path) -> None:
    module.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"])


def _live(plan: Plan) -> Any:
    """DVCLive's logger, for people who watch; training runs without the package, and no out holds its files."""
    _quiet()
    try:
        from dvclive.lightning import DVCLiveLogger
    except ImportError:
        return False
    folder = str(project_root() / "dvclive" / plan.task)
    resume = (plan.state / "last.ckpt").is_file()
    # dvcyaml and save_dvc_exp would edit the project behind dvc's back
    return DVCLiveLogger(dir=folder, dvcyaml=False, save_dvc_exp=False, report=None, resume=resume)


def _quiet() -> None:
    for name in ("lightning.pytorch", "lightning.fabric", "dvclive"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # data are in memory: worker processes would only cost
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")  # that is what resuming means
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")  # inside Lightning
