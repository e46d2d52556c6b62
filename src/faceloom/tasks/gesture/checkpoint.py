"""A trained gesture model as a folder: `model.safetensors`, `config.json` and the training curves `history.csv`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import lightning
import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from faceloom.errors import InputError
from faceloom.facs import UPPER_FACE_AUS
from faceloom.sequences.vocabulary import Vocabulary
from faceloom.tasks.gesture.network import GestureNetwork, NetworkConfig

if TYPE_CHECKING:
    from faceloom.tasks.trainer import History

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
HISTORY: Final = "history.csv"


@dataclass(frozen=True)
class GestureModel:
    """A network ready to predict, and what its tokens mean.

    `mean` is the mean AU intensity of the training frames (6,); `settings` is train.gesture as it was.
    """

    network: GestureNetwork
    f0: Vocabulary
    au: Vocabulary
    mean: tuple[float, ...]
    settings: Mapping[str, Any]


def save(out: Path, model: GestureModel, data_fingerprint: str, history: History) -> None:
    """Write a model's folder; equal models give equal bytes."""
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    save_file(weights, out / WEIGHTS)
    config = {
        "network": asdict(model.network.config),
        "vocabulary": {"F0": model.f0.levels, "AU": model.au.levels},
        "units": UPPER_FACE_AUS,
        "mean": model.mean,
        "settings": dict(model.settings),
        "data": data_fingerprint,
        "versions": {"torch": torch.__version__, "lightning": lightning.__version__},
    }
    (out / CONFIG).write_text(json.dumps(config, sort_keys=True) + "\n", encoding="utf-8")
    pd.DataFrame(history).to_csv(out / HISTORY, index=False, lineterminator="\n")


def load(folder: Path) -> GestureModel:
    """Read a model's folder, in evaluation mode on the CPU; raises InputError where it is absent or broken."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        f0, au = (Vocabulary(tuple(config["vocabulary"][name])) for name in ("F0", "AU"))
        network = GestureNetwork(NetworkConfig(**config["network"]), torch.from_numpy(f0.table))
        network.load_state_dict(load_file(folder / WEIGHTS))
        return GestureModel(network.eval(), f0, au, tuple(config["mean"]), config["settings"])
    except FileNotFoundError as error:
        raise InputError(f"{error.filename or folder}: no such file; run `dvc repro train@gesture` first.") from None
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: not a gesture model ({type(error).__name__}); train it again.") from None
