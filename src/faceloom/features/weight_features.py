"""Extractor base: a network that the user brings, run on the face crops, one vector per frame."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from faceloom.features.weight_files import WeightFile, fit, read_tensors
from faceloom.store import Clip, write_table

if TYPE_CHECKING:
    import torch
    from torch import nn

IMAGENET_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_STD: Final = np.array([0.229, 0.224, 0.225], np.float32)

BATCH: Final = 16
"""Faces at once; fixed, because the last bits of a convolution depend on it and outs must not."""

HALF_MAX: Final = 65_504.0
"""Largest float16: beyond it a feature would become infinite."""

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class WeightFeatures(ABC):
    """`frame`, `is_face` and `features` (float16 list, NaN without a face); reads the folder `faces`.

    A subclass names the network, its input and what it is called; the checksum is its identity, the path is not.

    Args:
        sha256: Of the weights.
    """

    name: ClassVar[str]
    project: ClassVar[str]
    width: ClassVar[int]
    version: ClassVar[int] = 1
    sha256: str
    path: Path = field(default=Path(), init=False, compare=False)
    network: Any = field(default=None, init=False, repr=False, compare=False)
    device: str = field(default="cpu", init=False, repr=False, compare=False)

    @classmethod
    def of(cls, file: WeightFile) -> Self:
        """The extractor for a weight file; raises InputError where the file is absent or another one."""
        extractor = cls(file.digest())
        object.__setattr__(extractor, "path", file.path)
        return extractor

    @classmethod
    @abstractmethod
    def build(cls, tensors: Mapping[str, torch.Tensor]) -> nn.Module:
        """The untrained network that fits these tensors, with `features(batch) -> (n, width)`."""

    @classmethod
    @abstractmethod
    def prepare(cls, face: Images) -> Floats:
        """A crop (h, w, 3) RGB, 0-255, as the network's input (3, side, side)."""

    def setup(self, device: str) -> None:
        """Load the weights."""
        import torch

        torch.set_num_threads(1)
        tensors = read_tensors(self.path)
        network = self.build(tensors)
        fit(network, tensors, self.path, self.project)
        target = torch_device(device)
        object.__setattr__(self, "device", target)
        object.__setattr__(self, "network", network.eval().to(target))

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        """Write one row per frame, as many at a time as the faces come in."""
        faces = clip.tables["faces"].chunks(["frame", "is_face", "image"])
        return {"rows": write_table(out / "table.parquet", (self._window(table) for table in faces))}

    def _window(self, table: pa.Table) -> pa.Table:
        is_face = table["is_face"].to_numpy()
        features = np.full((len(table), self.width), np.nan, np.float16)
        if is_face.any():
            images = table["image"].filter(pa.array(is_face)).to_pylist()
            features[is_face] = np.concatenate(list(self._run(images)))
        flat = pa.array(features.reshape(-1), pa.float16())
        return pa.table(
            {
                "frame": table["frame"],
                "is_face": table["is_face"],
                "features": pa.FixedSizeListArray.from_arrays(flat, self.width),
            }
        )

    def _run(self, images: list[dict[str, Any]]) -> Iterator[NDArray[np.float16]]:
        import torch

        for start in range(0, len(images), BATCH):
            faces = [self.prepare(decode(image["bytes"])) for image in images[start : start + BATCH]]
            with torch.inference_mode():
                values = self.network.features(torch.from_numpy(np.stack(faces)).to(self.device))
            yield values.float().clamp(-HALF_MAX, HALF_MAX).cpu().numpy().astype(np.float16)


def decode(jpeg: bytes) -> Images:
    """An encoded image as (h, w, 3) RGB."""
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)


def square(face: Images, side: int) -> Floats:
    """Resize to (side, side, 3), values 0-1."""
    resized = cv2.resize(face, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.float32) / np.float32(255)


def imagenet(image: Floats) -> Floats:
    """Standardise (h, w, 3), 0-1, by ImageNet's colour statistics; channels first."""
    return np.ascontiguousarray(((image - IMAGENET_MEAN) / IMAGENET_STD).transpose(2, 0, 1))


def torch_device(device: str) -> str:
    """`auto` is the GPU where there is one."""
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return device
