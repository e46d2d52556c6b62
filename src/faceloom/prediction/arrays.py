"""Prediction on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from faceloom.errors import InputError
from faceloom.prediction import networks
from faceloom.prediction.frames import Still
from faceloom.prediction.networks import DEFAULT, Name
from faceloom.prediction.observe import MIN_SIZE, Observer, Seen
from faceloom.prediction.table import Where, rows, schema
from faceloom.stills.pictures import SMALLEST

if TYPE_CHECKING:
    import pandas as pd

Images = npt.NDArray[np.uint8] | Sequence[npt.NDArray[np.uint8]]

BATCH = 64
"""Faces that the networks see at once."""


def predict(
    images: Images,
    *,
    models: str | Path = "models",
    model: Sequence[Name] = DEFAULT,
    cropped: bool = False,
    min_size: float = MIN_SIZE,
) -> pd.DataFrame:
    """Every face of some pictures.

    Args:
        images: uint8 pictures, RGB (B, H, W, 3) or grey (B, H, W), or a list of pictures of any sizes.
        models: Folder of the trained models.
        model: Which of them: `keypoints`, `expression`, `emotion_cnn`, `action_units`.
        cropped: Each picture is one face already, cropped as the models' training faces were: nothing is searched for.
        min_size: Smallest face, relative to a picture's shorter side.

    Returns:
        A row for each face: `image` (index of its picture), `face`, the box `x y w h` and `confidence`, then what the
        models say: the 30 coordinates, `emotion`, `emotion_name` and its probabilities, action units, valence and
        arousal, and the head's `yaw pitch roll`. Coordinates are pixels of the picture. A picture without a face has
        no row.

    Raises:
        InputError: something that is not such pictures, or a model that is absent.
    """
    pictures = [_checked(image, k) for k, image in enumerate(images)]
    chosen = networks.load(Path(models), model)
    observer = Observer(chosen.framings, eyes=chosen.action_units is not None, min_size=min_size)
    look = observer.cropped if cropped else observer.picture
    found: list[tuple[int, Seen]] = [(k, one) for k, image in enumerate(pictures) for one in look(Still(image))]
    names = schema(chosen)
    tables = []
    for first in range(0, max(len(found), 1), BATCH):
        part = found[first : first + BATCH]
        seen = [one for _, one in part]
        tables.append(rows([Where("", k) for k, _ in part], seen, chosen(seen), names))
    table: pd.DataFrame = pa.concat_tables(tables).drop_columns(["source", "time"]).to_pandas()
    return table.rename(columns={"frame": "image"})


def _checked(image: npt.NDArray[np.uint8], number: int) -> npt.NDArray[np.uint8]:
    """A picture, or an InputError that says which is none and why."""
    array = np.asarray(image)
    if array.dtype != np.uint8:
        raise InputError(f"images[{number}]: {array.dtype}, not uint8; scale its values to 0-255 first.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise InputError(f"images[{number}]: shape {array.shape}; give (H, W) for grey or (H, W, 3) for RGB.")
    if min(array.shape[:2]) < SMALLEST:
        raise InputError(f"images[{number}]: smaller than {SMALLEST}x{SMALLEST} pixels; leave it out.")
    return np.ascontiguousarray(array)
