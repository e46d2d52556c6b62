"""VideoMAE's features (Tong et al., 2022): one vector for each window of 5 frames of the whole picture.

VideoMAE joins frames in pairs and has one position for each of its `num_frames` (16 in the published weights), so it
cannot be fed 5: the window is stretched over the network's frames by the nearest index, each picture shown three or
four times. The feature is the mean of the last layer's tokens (1,408 for the giant, 768 for the base network).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.features.weight_features import Floats, Images, imagenet, torch_device
from faceloom.features.weights import weight_file
from faceloom.media.read import pictures
from faceloom.store import Clip, write_table

if TYPE_CHECKING:
    from faceloom.params import Pose

KEY = "pose.videomae"
ROWS = 64
"""Windows a row group."""


@dataclass(frozen=True)
class VideoMAE:
    """Rows of `frame` (first of the window), `frames` (how many it has) and `features` (float16 list).

    Reads the folder `decoded`; a clip without video has no rows.

    Args:
        sha256: Of the weights.
        window: Frames a window.
    """

    name: ClassVar[str] = "videomae"
    version: ClassVar[int] = 1
    sha256: str
    window: int
    path: Path = field(default=Path(), init=False, compare=False)
    network: Any = field(default=None, init=False, repr=False, compare=False)
    device: str = field(default="cpu", init=False, repr=False, compare=False)

    def setup(self, device: str) -> None:
        """Load the network through transformers, from safetensors alone."""
        import torch

        torch.set_num_threads(1)
        target = torch_device(device)
        object.__setattr__(self, "device", target)
        object.__setattr__(self, "network", load(self.path).eval().to(target))

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        """Write one row per window."""
        frames = pictures(clip.media["decoded"]) if "decoded" in clip.media and clip.row.get("has_video", True) else ()
        return {"windows": write_table(out / "table.parquet", self._tables(picture.rgb for picture in frames))}

    def _tables(self, frames: Iterable[Images]) -> Iterator[pa.Table]:
        side, first, rest = self.network.config.image_size, 0, iter(frames)
        rows: list[tuple[int, int, NDArray[np.float16]]] = []
        while window := [prepare(frame, side) for frame in islice(rest, self.window)]:
            rows.append((first, len(window), self._features(np.stack(window))))
            first += len(window)
            if len(rows) == ROWS:
                yield self._table(rows)
                rows = []
        if rows or not first:
            yield self._table(rows)

    def _features(self, window: Floats) -> NDArray[np.float16]:
        import torch

        shown = window[stretch(len(window), self.network.config.num_frames)]
        with torch.inference_mode():
            tokens = self.network(torch.from_numpy(shown[None]).to(self.device)).last_hidden_state
        return np.asarray(tokens.float().mean(1)[0].cpu().numpy(), np.float16)

    def _table(self, rows: list[tuple[int, int, NDArray[np.float16]]]) -> pa.Table:
        width = self.network.config.hidden_size
        values = np.concatenate([row[2] for row in rows]) if rows else np.empty(0, np.float16)
        return pa.table(
            {
                "frame": pa.array([row[0] for row in rows], pa.int32()),
                "frames": pa.array([row[1] for row in rows], pa.int32()),
                "features": pa.FixedSizeListArray.from_arrays(pa.array(values, pa.float16()), width),
            }
        )


def extractor(pose: Pose) -> VideoMAE | None:
    """The extractor for the folder that the params name, or None.

    Raises:
        InputError: the folder is absent, not what its checksum says, or transformers is not installed.
    """
    if not pose.videomae:
        return None
    file = weight_file(KEY, pose.videomae)
    made = VideoMAE(file.digest(), pose.window)
    _classes()
    object.__setattr__(made, "path", file.path)
    return made


def load(folder: Path) -> Any:
    """The network of a folder with config.json and safetensors; raises InputError where they do not fit."""
    model = _classes()
    try:
        network, info = model.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except Exception as error:  # transformers raises whatever the files lead it to
        reason = (str(error).splitlines() or [""])[0].rstrip(".")
        raise InputError(f"{folder}: `{KEY}` cannot be loaded ({reason}); bring config.json and safetensors.") from None
    if info["missing_keys"]:
        first = sorted(info["missing_keys"])[0]
        raise InputError(f"{folder}: tensor `{first}` is missing; bring the whole weights of VideoMAE for `{KEY}`.")
    return network


def _classes() -> Any:
    try:
        from transformers import VideoMAEModel
        from transformers.utils import logging
    except ImportError:
        raise InputError(
            f"`{KEY}` needs transformers; run `pip install faceloom[weights]` or set it to null."
        ) from None
    logging.disable_progress_bar()  # the map over clips has its own
    return VideoMAEModel


def prepare(frame: Images, side: int) -> Floats:
    """The central square of a picture (h, w, 3) at the network's size: (3, side, side), ImageNet colours."""
    height, width = frame.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    centre = frame[top : top + short, left : left + short]
    return imagenet(cv2.resize(centre, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255)


def stretch(count: int, frames: int) -> NDArray[np.int64]:
    """Indices (frames,) that spread `count` pictures evenly over the network's frames."""
    return np.arange(frames) * count // frames
