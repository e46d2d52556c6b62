"""A trained picture model as a folder: `model.safetensors`, `config.json` and the training curves `history.csv`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from faceloom.errors import InputError
from faceloom.stills.framing import Framing

if TYPE_CHECKING:
    from faceloom.tasks.trainer import History

N = TypeVar("N", bound=nn.Module)

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
HISTORY: Final = "history.csv"


@dataclass(frozen=True)
class About:
    """What `config.json` says beside the network's sizes."""

    classes: tuple[str, ...]
    settings: Mapping[str, Any]
    data: str
    framing: Framing = field(default_factory=Framing)


def save(out: Path, network: nn.Module, about: About, history: History) -> None:
    """Write a model's folder; equal models give equal bytes. The network has its sizes as `config`."""
    import lightning
    import pandas as pd

    out.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    save_file(weights, out / WEIGHTS)
    config = {
        "network": asdict(network.config),  # type: ignore[call-overload]
        **asdict(about),
        "versions": {"torch": torch.__version__, "lightning": lightning.__version__},
    }
    (out / CONFIG).write_text(json.dumps(config, sort_keys=True) + "\n", encoding="utf-8")
    pd.DataFrame(history).to_csv(out / HISTORY, index=False, lineterminator="\n")


def load(folder: Path, build: Callable[..., N]) -> tuple[N, About]:
    """Read a model's folder, in evaluation mode on the CPU.

    Args:
        folder: Of `save`.
        build: The network from its sizes as keywords.

    Raises:
        InputError: the folder is absent or holds something else.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        network = build(**config["network"])
        network.load_state_dict(load_file(folder / WEIGHTS))
        framing = Framing(**config.get("framing", {}))
        return network.eval(), About(tuple(config["classes"]), config["settings"], config["data"], framing)
    except FileNotFoundError as error:
        raise InputError(
            f"{error.filename or folder}: no such file; run `dvc repro train@{folder.name}` first."
        ) from None
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: not a {folder.name} model ({type(error).__name__}); train it again.") from None
