"""Writing a packed file: dyads and faces at once, feature streams a window at a time, as float16."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from faceloom import progress
from faceloom.errors import InputError
from faceloom.tasks.reaction import codebooks
from faceloom.tasks.reaction.codebooks import Codebooks
from faceloom.tasks.reaction.dyads import Dyads
from faceloom.tasks.reaction.features import Moments

Halves = NDArray[np.float16]

HALF_MAX: Final = float(np.finfo(np.float16).max)


@contextmanager
def packed(out: Path) -> Iterator[h5py.File]:
    """A file that takes its name when all of it is written."""
    partial = out.with_suffix(".partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        with h5py.File(partial, "w") as file:
            for name in ("features", "clip_features", "statistics"):
                file.create_group(name)
            yield file
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def about(file: h5py.File, facts: Mapping[str, Any]) -> None:
    """Write what was counted while packing."""
    file.attrs["about"] = json.dumps(facts, sort_keys=True)


def dyads(file: h5py.File, who: Dyads, lengths: NDArray[np.int64], appropriate: NDArray[np.uint8]) -> None:
    """Write who answers whom, and the frames of each clip (N,)."""
    file["names"] = np.array(who.clips, h5py.string_dtype())
    file["offsets"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    file["partner"], file["split"], file["appropriate"] = who.partner, who.split, appropriate


def faces(
    file: h5py.File,
    attributes: NDArray[Any],
    is_face: NDArray[np.bool_],
    tokens: NDArray[np.int32],
    books: Codebooks,
) -> None:
    """Write every frame's attributes (F, 25), whether it shows a face (F,), its tokens (F, 3), and what they mean."""
    file["attributes"], file["is_face"], file["tokens"] = half(attributes), is_face, tokens
    codebooks.save(books, file.create_group("codebooks"))


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
        file: Of `packed`.
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
