"""A trained reaction model as a folder: `model.safetensors`, `config.json` and the training curves `history.csv`.

The codebooks lie among the weights, and so do the statistics by which the network standardises its features: the
folder is all that generation needs.
"""

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

from faceloom.device import choose_device
from faceloom.errors import InputError
from faceloom.facs import REACT_ATTRIBUTES
from faceloom.runtime import Runtime
from faceloom.tasks.reaction.codebooks import COLUMNS, STREAMS, Codebooks
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.offline import generate_offline
from faceloom.tasks.reaction.online import generate_online
from faceloom.tasks.reaction.sampling import PRESETS, Drawn, Sampling
from faceloom.tasks.reaction.tokens import NetworkConfig

if TYPE_CHECKING:
    from faceloom.tasks.reaction.data import Sample
    from faceloom.tasks.trainer import History

Floats = NDArray[np.float32]

WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
HISTORY: Final = "history.csv"
TABLES: Final = "codebooks."


@dataclass(frozen=True)
class ReactionModel:
    """A network ready to generate, what its codes mean, and `train.reaction` as it was."""

    network: ReactionNetwork
    codebooks: Codebooks
    settings: Mapping[str, Any]

    @property
    def streams(self) -> dict[str, int]:
        """Width of each feature stream, a row a frame."""
        config = self.network.config
        return dict((*config.face, *config.pose, *config.audio))

    @property
    def vectors(self) -> dict[str, int]:
        """Width of each vector of a whole clip."""
        return dict(self.network.config.clip)

    def sampling(self, task: str) -> Sampling:
        """The preset of `online` or `offline` that train.reaction names."""
        return PRESETS[str(self.settings[task])]

    def ready(self) -> ReactionModel:
        """Itself, on FACELOOM_DEVICE and with as many threads as in training, for more of them round otherwise."""
        torch.set_num_threads(int(self.settings["threads"]))
        self.network.to(choose_device(Runtime.load().device)[0])
        return self

    def tensors(self, speaker: Sample) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """The streams that the network hears (T, size) by name, and is_face (T,), on its device."""
        device = self.network.match_token.device
        features = {name: _tensor(speaker.features[name], device) for name in self.streams}
        return features, torch.from_numpy(speaker.is_face).to(device)

    def react(
        self, speaker: Sample, task: str, sampling: Sampling | None = None, samples: int = 10, seed: int = 0
    ) -> Floats:
        """Attributes (samples, T, 25) of reactions to a clip.

        Args:
            speaker: As packed.
            task: `online` or `offline`.
            sampling: How to draw; None: `self.sampling(task)`.
            samples: Reactions.
            seed: One seed, one result.
        """
        sampling, device = sampling or self.sampling(task), self.network.match_token.device
        features, is_face = self.tensors(speaker)
        if task == "online":
            return self.attributes(generate_online(self.network, features, is_face, sampling, samples, seed))
        clip = {name: _tensor(speaker.clip_features[name], device) for name in self.vectors}
        return self.attributes(generate_offline(self.network, features, is_face, clip, sampling, samples, seed))

    @staticmethod
    def attributes(drawn: Drawn) -> Floats:
        """What reactions show, (samples, T, 25), within what each attribute can be."""
        out = np.empty((*drawn.codes.shape[:2], len(REACT_ATTRIBUTES)), np.float32)
        for name, values in zip(STREAMS, drawn.values, strict=True):
            out[..., COLUMNS[name]] = values.cpu().numpy().clip(-1 if name == "va" else 0, 1)
        return out


def save(out: Path, model: ReactionModel, data_fingerprint: str, history: History) -> None:
    """Write a model's folder; equal models give equal bytes."""
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.network.state_dict().items()}
    tables = {f"{TABLES}{name}": torch.from_numpy(getattr(model.codebooks, name)) for name in STREAMS}
    save_file(tensors | tables, out / WEIGHTS)
    config = {
        "network": asdict(model.network.config),
        "settings": dict(model.settings),
        "data": data_fingerprint,
        "versions": {"torch": torch.__version__},
    }
    (out / CONFIG).write_text(json.dumps(config, sort_keys=True) + "\n", encoding="utf-8")
    pd.DataFrame(history).to_csv(out / HISTORY, index=False, lineterminator="\n")


def load(folder: Path) -> ReactionModel:
    """Read a model's folder, in evaluation mode on the CPU; raises InputError where it is absent or broken."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
        tables = {name: tensors.pop(f"{TABLES}{name}").numpy() for name in STREAMS}
        network = ReactionNetwork(NetworkConfig.from_json(config["network"]))
        network.load_state_dict(tensors)
        network.know([torch.from_numpy(tables[name]) for name in STREAMS])
        return ReactionModel(network.eval(), Codebooks(**tables), config["settings"])
    except FileNotFoundError as error:
        raise InputError(f"{error.filename or folder}: no such file; run `dvc repro train@reaction` first.") from None
    except (ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{folder}: not a reaction model ({type(error).__name__}); train it again.") from None


def _tensor(values: NDArray[Any], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values, np.float32)).to(device)
