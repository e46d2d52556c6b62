"""Train the map from reactions to coefficients, and score it on people that it has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from faceloom.coefficients import data, score
from faceloom.coefficients.checkpoint import CoefficientModel, save
from faceloom.coefficients.data import Found, Pair
from faceloom.coefficients.module import Batch, CoefficientModule, Settings
from faceloom.coefficients.network import CoefficientNetwork, NetworkConfig
from faceloom.coefficients.splits import divide
from faceloom.errors import InputError
from faceloom.tasks.trainer import Plan, fit, identity, loader, seeded

FIELDS: Final = ("attributes", "coefficients", "known")


class Sequences(Dataset[Batch]):
    """Whole clips, those longer than `frames` in pieces; a batch is padded to its longest sequence."""

    def __init__(self, pairs: Sequence[Pair], frames: int) -> None:
        self.pieces = [
            {name: torch.from_numpy(getattr(pair, name)[first : first + frames]) for name in FIELDS}
            for pair in pairs
            for first in range(0, len(pair), frames)
        ]

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, rows: Any) -> Batch:
        """`attributes` (N, T, 25), `coefficients` (N, T, 58), `known` (N, T), `lengths` (N,)."""
        pieces = [self.pieces[row] for row in rows]
        batch: dict[str, Tensor] = {
            name: pad_sequence([piece[name] for piece in pieces], batch_first=True) for name in FIELDS
        }
        return batch | {"lengths": torch.tensor([len(piece["known"]) for piece in pieces])}


def train(folder: Path, settings: Settings, out: Path) -> tuple[CoefficientModel, Found]:
    """Train, score and write the model's folder (see `checkpoint`); returns the model and the data it was given.

    Args:
        folder: Data (see `data.read`).
        settings: How to train.
        out: Folder of the model.

    Raises:
        InputError: the data cannot be used, or `out` is a file.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; give a folder for the model.")
    found = data.read(folder)
    split = divide([pair.name for pair in found.pairs], folder)
    of = {name: [pair for pair in found.pairs if split[pair.name] == name] for name in ("train", "val", "test")}
    print(f"coefficients: {', '.join(f'{len(clips)} {name}' for name, clips in of.items())} clips")
    digest = data.fingerprint(found.pairs)
    module = build(of["train"], settings)
    history = fit(module, *loaders(of, settings), plan(settings, digest, split))
    network = module.network.cpu().eval()
    scores = score.table(CoefficientModel(network, {}, {}).predict, of["train"], of["test"])
    model = CoefficientModel(network, asdict(settings), scores)
    save(out, model, digest, history)
    return model, found


def build(pairs: Sequence[Pair], settings: Settings) -> CoefficientModule:
    """The module with weights drawn from the seed, and the statistics of the training clips."""
    seeded(settings.seed)
    network = CoefficientNetwork(NetworkConfig(settings.hidden, settings.layers, settings.residual))
    for name, own in (("input", "attributes"), ("output", "coefficients")):
        mean, scale = _statistics(score.frames(pairs, own))
        getattr(network, f"{name}_mean").copy_(torch.from_numpy(mean))
        getattr(network, f"{name}_scale").copy_(torch.from_numpy(scale))
    if settings.residual:
        network.start_from(*map(torch.from_numpy, score.least_squares(pairs)))
    return CoefficientModule(network, settings)


def _statistics(values: data.Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of each column; 1 for the deviation of a constant one."""
    mean, scale = values.mean(axis=0, dtype=np.float64), values.std(axis=0, dtype=np.float64)
    return mean, np.where(np.ptp(values, axis=0) > 0, scale, 1.0)


def loaders(of: dict[str, list[Pair]], settings: Settings) -> tuple[Any, Any]:
    """Training and validation batches; without validation clips the training ones choose the weights."""
    training, watched = (Sequences(clips, settings.frames) for clips in (of["train"], of["val"] or of["train"]))
    return (
        loader(training, len(training), settings.batch_size, settings.seed),
        loader(watched, len(watched), settings.batch_size),
    )


def plan(settings: Settings, digest: str, split: dict[str, str]) -> Plan:
    """The run that settings ask for, on data of that fingerprint and split."""
    about = identity(settings, digest, split=split)
    return Plan("coefficients", about, settings.epochs, settings.patience, settings.seed, settings.threads)
