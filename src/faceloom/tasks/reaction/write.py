"""Writing feature streams into a packed file, a window at a time, as float16."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from faceloom import progress
from faceloom.errors import InputError
from faceloom.tasks.reaction.features import Moments

Halves = NDArray[np.float16]

HALF_MAX: Final = float(np.finfo(np.float16).max)


def groups(file: h5py.File) -> None:
    """The groups that `stream` and `vectors` write to."""
    for name in ("features", "clip_features", "statistics"):
        file.create_group(name)


def half(values: NDArray[Any]) -> Halves:
    """Values as float16; what is beyond its range becomes its largest number, NaN stays."""
    halves: Halves = np.clip(values, -HALF_MAX, HALF_MAX).astype(np.float16)
    return halves


def vectors(file: h5py.File, name: str, rows: Iterable[NDArray[Any]], count: int) -> None:
    """Write one vector a clip as `clip_features/<name>`."""
    dataset = None
    for k, row in enumerate(rows):
        if dataset is None:
            dataset = file["clip_features"].create_dataset(name, (count, len(row)), np.float16)
        dataset[k] = half(row)


def stream(
    file: h5py.File,
    name: str,
    clips: Iterable[Iterable[NDArray[Any]]],
    lengths: Sequence[int] | NDArray[np.int64],
    training: NDArray[np.bool_],
    *,
    hop: int = 1,
) -> None:
    """Write a stream as `features/<name>` and its `statistics/<name>`.

    The dataset is contiguous: float16 features hardly compress, and any stretch of a clip is one read.

    Args:
        file: With `groups`.
        name: Of the stream.
        clips: For each clip its rows, window by window; those beyond its length are dropped, missing ones are NaN.
        lengths: Frames of each clip.
        training: Which clips the statistics are of.
        hop: Frames that a row stands for.

    Raises:
        InputError: no clip has a row.
    """
    counts = -(-np.asarray(lengths, np.int64) // hop)
    starts = np.concatenate([[0], np.cumsum(counts)])
    moments, missing, dataset = Moments(), [], None
    with progress.bar(f"feature {name}", total=len(counts)) as advance:
        for k, windows in enumerate(clips):
            at, stop = int(starts[k]), int(starts[k + 1])
            for values in windows:
                values = values[: stop - at]
                if dataset is None:
                    dataset = file["features"].create_dataset(name, (int(starts[-1]), values.shape[1]), np.float16)
                dataset[at : at + len(values)] = half(values)
                at += len(values)
                if training[k]:
                    moments.add(values)
            missing.append((at, stop))
            advance()
    if dataset is None:
        raise InputError(f"pack.reaction.features: no recording has a `{name}`; leave it out.")
    for at, stop in missing:
        if stop > at:
            dataset[at:stop] = np.float16(np.nan)
    dataset.attrs["hop"], dataset.attrs["starts"] = hop, starts[:-1]
    file["statistics"][name] = moments.result()
