"""Writing a packed file chunk by chunk: pictures go to disk as they come, only their hashes stay in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt

from faceloom.stills.faces import CHUNK, Faces
from faceloom.stills.sharpness import UNEQUAL, blurred, change_rows, restored, sample, sigma_between, step

DIGEST: Final = 16
"""Bytes of a picture's hash."""


class Writer:
    """A packed file that appears under its name only when it is whole; equal faces give equal bytes."""

    def __init__(self, path: Path, size: int, points: int) -> None:
        """Open `<path>.partial` for pictures of `size` pixels with `points` points each, or labels where that is 0."""
        self._path, self._partial = path, path.with_suffix(".partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = h5py.File(self._partial, "w")
        self._images = self._dataset("images", (size, size), np.uint8)
        self._truth = (
            self._dataset("points", (points, 2), np.float32) if points else self._dataset("labels", (), np.uint8)
        )
        self._people: list[npt.NDArray[np.int32]] = []
        self._usage: list[npt.NDArray[np.int8]] = []
        self._contents: list[bytes] = []

    def _dataset(self, name: str, shape: tuple[int, ...], dtype: Any) -> h5py.Dataset:
        return self._file.create_dataset(
            name, (0, *shape), dtype, maxshape=(None, *shape), chunks=(CHUNK // 4, *shape), track_times=False
        )

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Throw away what is not finished."""
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self._contents)

    @property
    def person(self) -> npt.NDArray[np.int32]:
        """Of each face so far."""
        return np.concatenate(self._people) if self._people else np.zeros(0, np.int32)

    @property
    def usage(self) -> npt.NDArray[np.int8]:
        """Of each face so far."""
        return np.concatenate(self._usage) if self._usage else np.zeros(0, np.int8)

    @property
    def contents(self) -> Sequence[bytes]:
        """Hash of each picture so far."""
        return self._contents

    def add(self, chunk: Faces) -> None:
        """Append faces."""
        start = len(self)
        truth = chunk.points if chunk.points.shape[1] else chunk.labels
        for dataset, values in ((self._images, chunk.images), (self._truth, truth)):
            dataset.resize(start + len(values), axis=0)
            dataset[start:] = values
        self._people.append(chunk.person)
        self._usage.append(chunk.usage)
        self._contents += [blake2b(image.tobytes(), digest_size=DIGEST).digest() for image in chunk.images]

    def match_sharpness(
        self, codes: npt.NDArray[np.uint8], keep: npt.NDArray[np.bool_], restore: bool
    ) -> dict[int, float]:
        """Blur sharper splits as the smoothest is, then perhaps undo it in all; sigma in pixels by sharper split."""
        rows, steps = self._rows(codes, keep), self.steps(codes, keep)
        smoothest = min(steps, key=lambda code: steps[code])
        smooth = sample(self._images, rows[smoothest])
        sharper = [code for code in steps if steps[code] > UNEQUAL * steps[smoothest]]
        sigmas = {code: sigma_between(sample(self._images, rows[code]), smooth) for code in sharper}
        for code, sigma in sigmas.items():
            change_rows(self._images, rows[code], partial(blurred, sigma=sigma))
        if restore and sigmas:
            largest = max(sigmas.values())
            change_rows(self._images, np.flatnonzero(keep), partial(restored, sigma=largest))
        return sigmas

    def steps(self, codes: npt.NDArray[np.uint8], keep: npt.NDArray[np.bool_]) -> dict[int, float]:
        """Mean step between neighbouring pixels, grey levels, by split."""
        return {code: step(sample(self._images, rows)) for code, rows in self._rows(codes, keep).items()}

    @staticmethod
    def _rows(codes: npt.NDArray[np.uint8], keep: npt.NDArray[np.bool_]) -> dict[int, npt.NDArray[np.intp]]:
        return {int(code): np.flatnonzero(keep & (codes == code)) for code in np.unique(codes[keep])}

    def finish(self, codes: npt.NDArray[np.uint8], keep: npt.NDArray[np.bool_], about: Mapping[str, Any]) -> None:
        """Give each face its split, leave out those that are not to be kept, and put the file in its place.

        Args:
            codes: (N,), an index into `packed.SPLITS`.
            keep: (N,).
            about: Attributes; anything but text and truth values is written as JSON.
        """
        for dataset in (self._images, self._truth):
            _compact(dataset, keep)
        for name, values in (("split", codes), ("person", self.person)):
            self._file.create_dataset(name, data=values[keep], track_times=False)
        for name, value in about.items():
            self._file.attrs[name] = value if isinstance(value, str | bool) else json.dumps(value)
        self._file.close()
        self._partial.replace(self._path)


def _compact(dataset: h5py.Dataset, keep: npt.NDArray[np.bool_]) -> None:
    """Close the gaps that rows left out leave, in place."""
    head = 0
    if not keep.all():
        for start in range(0, len(keep), CHUNK):
            kept = dataset[start : start + CHUNK][keep[start : start + CHUNK]]
            dataset[head : head + len(kept)] = kept
            head += len(kept)
        dataset.resize(head, axis=0)
