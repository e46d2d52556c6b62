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
import os
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
    callbacks = [BatchSeed(plan.seed), *_summaries(plan), history, stopping, best, last]
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
        logger=_loggers(plan),
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
    trainer.strategy.barrier()  # every process has read it
    if is_first():
        shutil.rmtree(plan.state)
    return history.rows


def rank() -> int:
    """Number of this process among those that `torchrun` started to train together."""
    return int(os.environ.get("RANK", "0"))


def world() -> int:
    """How many processes train together; 1 without `torchrun`."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process writes the files."""
    return rank() == 0


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
            rows = torch.randperm(self.n, generator=_generator(self.seed, self.epoch)).tolist()
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
        generator = _generator(self.seed, self.epoch)
        rows: list[int] = torch.multinomial(self.chances.double(), count, True, generator=generator).tolist()
        return rows

    def _passes(self, first: int, count: int) -> list[int]:
        """Rows number `first` to `first + count` of the endless row."""
        start, end = first // self.n, -(-(first + count) // self.n)
        shuffled = [torch.randperm(self.n, generator=_generator(self.seed, k)) for k in range(start, end)]
        rows: list[int] = torch.cat(shuffled)[first - start * self.n :][:count].tolist()
        return rows


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
        torch.manual_seed(_generator(self.seed, trainer.current_epoch, i, *process).initial_seed())


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


def fast_precision() -> tuple[str, str]:
    """Lightning's precision for networks of many convolutions on FACELOOM_DEVICE, and why."""
    if choose_device(Runtime.load().device)[0] == "cuda":
        fast, what = torch.cuda.is_bf16_supported(including_emulation=False), "the GPU"
    else:
        # with AVX-512 alone bfloat16 convolutions run as fast as float32 ones
        fast, what = torch.cpu._is_amx_tile_supported(), "the CPU (AMX)"
    return ("bf16-mixed", f"{what} multiplies bfloat16") if fast else ("32-true", f"{what} has no fast bfloat16")


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


def _summaries(plan: Plan) -> list[Callback]:
    if plan.summaries is None:
        return []
    from faceloom.tasks.summaries import Summaries

    return [Summaries(plan.summaries)]


def _loggers(plan: Plan) -> Any:
    live = _live(plan)
    if plan.summaries is None:
        return live
    from faceloom.tasks.summaries import writer

    board = writer(project_root() / "tensorboard" / plan.task)
    return [logger for logger in (live, board) if logger] or False


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
