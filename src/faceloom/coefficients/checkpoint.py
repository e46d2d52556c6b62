"""A trained map as a folder: `model.safetensors`, `config.json` with its scores, and the curves `history.csv`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from faceloom.coefficients.network import CoefficientNetwork, NetworkConfig
from faceloom.errors import InputError

if TYPE_CHECKING:
    from faceloom.tasks.trainer import History

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
HISTORY: Final = "history.csv"


@dataclass(frozen=True)
class CoefficientModel:
    """A network ready to predict, how it was trained, and its errors beside the baselines' (see `score.table`)."""

    network: CoefficientNetwork
    settings: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, float]]

    @torch.no_grad()
    def predict(self, attributes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Coefficients (..., T, 58) of whole sequences of attributes (..., T, 25), in the training files' units."""
        x = torch.from_numpy(np.ascontiguousarray(attributes, np.float32))
        flat = x.reshape(-1, *x.shape[-2:])
        out = torch.cat([self.network(sequence[None]) for sequence in flat])
        return out.reshape(*x.shape[:-1], out.shape[-1]).numpy()


def save(out: Path, model: CoefficientModel, data_fingerprint: str, history: History) -> None:
    """Write a model's folder; equal models give equal bytes."""
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    save_file(weights, out / WEIGHTS)
    config = {
        "network": asdict(model.network.config),
        "settings": dict(model.settings),
        "scores": model.scores,
        "data": data_fingerprint,
        "versions": {"torch": torch.__version__},
    }
    (out / CONFIG).write_text(json.dumps(config, sort_keys=True) + "\n", encoding="utf-8")
    pd.DataFrame(history).to_csv(out / HISTORY, index=False, lineterminator="\n")


def load(folder: Path) -> CoefficientModel:
    """Read a model's folder, in evaluation mode on the CPU; raises InputError where it is absent or broken."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        network = CoefficientNetwork(NetworkConfig(**config["network"]))
        network.load_state_dict(load_file(folder / WEIGHTS))
        return CoefficientModel(network.eval(), config["settings"], config["scores"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{error.filename or folder}: no such file; run `faceloom coefficients train DATA --out {folder}` first."
        ) from None
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: not a model of coefficients ({type(error).__name__}); train it again.") from None
