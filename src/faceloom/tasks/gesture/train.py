"""Train the gesture network from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from faceloom.errors import InputError
from faceloom.tasks.gesture.checkpoint import GestureModel, save
from faceloom.tasks.gesture.data import AU_NAMES, Packed, Windows, read
from faceloom.tasks.gesture.module import GestureModule, Settings
from faceloom.tasks.gesture.network import GestureNetwork, NetworkConfig
from faceloom.tasks.trainer import History, Plan, fingerprint, fit, identity, loader, seeded


class WindowDataset(Dataset[dict[str, Tensor]]):
    """Packed windows as tensors; takes a list of rows."""

    def __init__(self, windows: Windows) -> None:
        self.tensors = {
            "f0": torch.from_numpy(windows.f0.astype(np.int64)),
            "au": torch.from_numpy(windows.au.astype(np.int64)),
            "mask": torch.from_numpy(windows.mask),
            "intensity": torch.from_numpy(windows.intensity),
        }

    def __getitem__(self, rows: Any) -> dict[str, Tensor]:
        """A batch."""
        return {name: tensor[rows] for name, tensor in self.tensors.items()}


def train(packed: Path, section: Mapping[str, Any], out: Path) -> History:
    """Train and write the model's folder (see `checkpoint`).

    Args:
        packed: `gesture.h5`.
        section: train.gesture of the params.
        out: Folder of the model.

    Returns:
        The curves, a row per epoch.

    Raises:
        InputError: the training split is empty.
    """
    data, settings = read(packed), Settings(**section)
    training, watched = data.windows.of("train"), data.windows.of("val")
    if not len(training):
        raise InputError(f"{packed}: no window in the training split; add recordings or change catalog.split.")
    if not len(watched):
        print("gesture: no validation recordings, so early stopping goes by the training recordings")
        watched = training
    module = build(data, settings)
    start_from_frequencies(module.network, training)
    digest = fingerprint(packed)
    history = fit(
        module,
        loader(WindowDataset(training), len(training), settings.batch_size, settings.seed),
        loader(WindowDataset(watched), len(watched), settings.batch_size),
        plan(settings, digest),
    )
    mean = tuple(float(np.nanmean(training.intensity[..., k], dtype=np.float64)) for k in range(len(AU_NAMES)))
    save(out, GestureModel(module.network, data.f0, data.au, mean, asdict(settings)), digest, history)
    return history


def plan(settings: Settings, digest: str) -> Plan:
    """The run that settings ask for, on the file of that fingerprint."""
    about = identity(settings, digest)
    return Plan("gesture", about, settings.epochs, settings.patience, settings.seed, clip=settings.clip)


def build(data: Packed, settings: Settings) -> GestureModule:
    """The module that settings and vocabularies ask for, with weights drawn from the seed."""
    seeded(settings.seed)
    config = network_config(settings, len(data.f0), len(data.au))
    network = GestureNetwork(config, torch.from_numpy(data.f0.table))
    return GestureModule(network, settings, torch.from_numpy(data.au.table))


def start_from_frequencies(network: GestureNetwork, windows: Windows) -> None:
    """Set the heads' biases so that an untrained network says how often each token occurs, whatever it hears.

    The first epochs then learn from speech rather than find the mean; after few of them, the mean is what is left.
    """
    tokens, units = network.config.au_tokens, network.config.units
    counts = np.stack([np.bincount(windows.au[windows.mask][:, k], minlength=tokens) for k in range(units)])
    share = (counts + 0.1) / (counts + 0.1).sum(axis=1, keepdims=True)  # 0.1: no token is impossible
    with torch.no_grad():
        network.heads.bias.copy_(torch.from_numpy(np.log(share)).flatten())


def network_config(settings: Settings, f0_tokens: int, au_tokens: int) -> NetworkConfig:
    """Sizes of the network."""
    return NetworkConfig(
        f0_tokens=f0_tokens,
        au_tokens=au_tokens,
        units=len(AU_NAMES),
        hidden=settings.hidden,
        embedding=settings.embedding,
        context=settings.context,
        autoregressive=settings.autoregressive,
        speech=settings.speech,
        dropout=settings.dropout,
    )
