"""Weights that users bring: where they lie, whether they are the right ones, and getting them into a network safely.

A params value is `path` or `path#sha256=<64 hex digits>`; with a checksum, other bytes are an error.
Files are safetensors, or PyTorch checkpoints that hold tensors and nothing else: no code of a file is ever run.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from faceloom.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn

MARK: Final = "#sha256="
CONTAINERS: Final = ("state_dict", "net", "model")
"""Keys under which published checkpoints keep their tensors."""


@dataclass(frozen=True)
class WeightFile:
    """What a params key asks for.

    Args:
        key: Of params, for messages.
        path: File or folder.
        sha256: Expected checksum, lower case, or None.
        bring: What the user has to get, and from which project.
    """

    key: str
    path: Path
    sha256: str | None
    bring: str

    @classmethod
    def parse(cls, key: str, value: str, bring: str) -> WeightFile:
        """Split `path#sha256=...`; raises InputError for a checksum that is none."""
        path, mark, checksum = value.partition(MARK)
        checksum = checksum.lower()
        if mark and (len(checksum) != 64 or not set(checksum) <= set("0123456789abcdef")):
            raise InputError(
                f"params.yaml: `{key}` has a checksum of {len(checksum)} characters; SHA-256 has 64 digits."
            )
        return cls(key, Path(path), checksum if mark else None, bring)

    def digest(self) -> str:
        """SHA-256 of the file, or of a folder's safetensors and JSON files in order.

        Raises:
            InputError: nothing there, or not the bytes that the params name.
        """
        files = self._files()
        if not files:
            raise InputError(
                f"{self.path}: no such file, but `{self.key}` names it; bring {self.bring}, or set it to null."
            )
        found = sha256(files)
        if self.sha256 and found != self.sha256:
            raise InputError(
                f"{self.path}: its SHA-256 is {found[:12]}..., not {self.sha256[:12]}... as `{self.key}` says; "
                "get the file again or correct the checksum."
            )
        return found

    def _files(self) -> list[Path]:
        if self.path.is_dir():
            return sorted(p for p in self.path.iterdir() if p.suffix in (".safetensors", ".json"))
        return [self.path] if self.path.is_file() else []


def sha256(files: list[Path]) -> str:
    """One digest of the files' bytes, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def read_tensors(path: Path) -> dict[str, Tensor]:
    """A file's tensors by name, freed of the wrappings of training code (`state_dict`, `net`, `module.`).

    Raises:
        InputError: the file is neither safetensors nor a plain PyTorch checkpoint.
    """
    from safetensors.torch import load_file

    try:
        found = load_file(path) if path.suffix == ".safetensors" else _checkpoint(path)
    except Exception:  # the readers raise whatever the bytes lead them to
        raise InputError(
            f"{path}: neither safetensors nor a checkpoint of tensors alone; save its state dict as .safetensors."
        ) from None
    return _tensors(found)


def _checkpoint(path: Path) -> Any:
    import torch

    with warnings.catch_warnings():
        # of files that hold code, and that are refused with a sentence of our own
        for message in (".*looks like a TorchScript archive", "Detected pickle protocol"):
            warnings.filterwarnings("ignore", message, UserWarning)
        return torch.load(path, map_location="cpu", weights_only=True)


def _tensors(found: Any) -> dict[str, Tensor]:
    import torch

    for name in CONTAINERS:
        if isinstance(found, Mapping) and isinstance(found.get(name), Mapping):
            found = found[name]
    if not isinstance(found, Mapping):
        return {}
    return {str(k).removeprefix("module."): v for k, v in found.items() if isinstance(v, torch.Tensor)}


def fit(network: nn.Module, tensors: Mapping[str, Tensor], source: Path, project: str) -> None:
    """Load the tensors that the network knows; heads and the like in the file are left out.

    Raises:
        InputError: a tensor of the network is missing or has another shape.
    """
    wanted = {name: value for name, value in network.state_dict().items() if not name.endswith("num_batches_tracked")}
    missing = [name for name in wanted if name not in tensors]
    if missing:
        raise InputError(
            f"{source}: {len(missing)} of {len(wanted)} tensors of {project} are missing, first `{missing[0]}`; "
            "bring the weights of that network."
        )
    for name, value in wanted.items():
        if tensors[name].shape != value.shape:
            raise InputError(
                f"{source}: `{name}` has the shape {tuple(tensors[name].shape)}, {project} needs {tuple(value.shape)}; "
                "bring the weights of that network."
            )
    network.load_state_dict({name: tensors[name] for name in wanted}, strict=False)
