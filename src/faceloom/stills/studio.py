"""The studio's stills, cropped as detected faces are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from faceloom import progress
from faceloom.errors import InputError
from faceloom.facs import EXPRESSIONS
from faceloom.features.landmarks import Roi
from faceloom.runtime import Runtime
from faceloom.stills.faces import Faces, Skips, faces
from faceloom.store.executors import execute
from faceloom.tasks.action_units.stills import MARGIN, face_roi

BATCH = 64
COLUMNS = ["identity", "image", "expression", "keypoints15", "landmarks68"]


@dataclass(frozen=True)
class Batch:
    """A piece of work: rows of a shard from `first` on, to be cut to `side` pixels."""

    shard: Path
    first: int
    side: int
    margin: float


@dataclass(frozen=True)
class Studio:
    """`data/stills`; `margin` is the side of a crop over that of the landmarks' box."""

    folder: Path
    side: int
    margin: float = MARGIN
    name: ClassVar[str] = "studio"
    classes: ClassVar[tuple[str, ...]] = EXPRESSIONS
    has_points: ClassVar[bool] = True

    def chunks(self, skips: Skips) -> Iterator[Faces]:  # noqa: ARG002 - drawn faces have no faults
        """All stills, batch by batch in their order, over processes."""
        shards = {shard: pq.read_metadata(shard).num_rows for shard in sorted(self.folder.glob("shard-*.parquet"))}
        jobs = [Batch(shard, k, self.side, self.margin) for shard, n in shards.items() for k in range(0, n, BATCH)]
        waiting: dict[Batch, Faces] = {}  # workers finish in any order
        turn = iter(jobs)
        following = next(turn, None)
        with progress.bar("faces of stills", total=len(jobs)) as advance:
            for job, result in execute(Runtime.load(), start, read_batch, jobs):
                if isinstance(result, str):
                    raise InputError(f"{job.shard}: {result}.")
                waiting[job] = result
                advance()
                while following in waiting:
                    yield waiting.pop(following)
                    following = next(turn, None)


def start() -> None:
    """One thread a worker: processes are the parallelism."""
    cv2.setNumThreads(1)


def read_batch(batch: Batch) -> Faces:
    """The worker's side: crops of one batch with their points, expressions and people."""
    table = pq.read_table(batch.shard, columns=COLUMNS).slice(batch.first, BATCH)
    identity = table["identity"].to_numpy()
    rng = np.random.default_rng(int(identity[0]) * 1_000_003 + batch.first)
    images, points = zip(
        *(
            crop(_grey(image["bytes"]), _points(keypoints), _roi(_points(landmarks), batch.margin, rng), batch.side)
            for image, keypoints, landmarks in zip(
                *(table[name].to_pylist() for name in ("image", "keypoints15", "landmarks68")), strict=True
            )
        ),
        strict=True,
    )
    labels = [EXPRESSIONS.index(name) for name in table["expression"].to_pylist()]
    return faces(np.stack(images), points=np.stack(points), labels=np.array(labels), person=identity)


def _grey(encoded: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


def _points(values: Any) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32).reshape(-1, 2)


def _roi(landmarks68: npt.NDArray[np.float32], margin: float, rng: np.random.Generator) -> Roi:
    roi = face_roi(landmarks68, rng)
    return replace(roi, side=roi.side * margin / MARGIN)


def crop(
    image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], roi: Roi, side: int
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """A square of a grey picture as (side, side), averaged where it is scaled down, and the points in it."""
    flat = np.concatenate([points, np.zeros((len(points), 1), np.float32)], axis=1)
    return shrunk(image, roi, side), roi.to_crop(flat, side)[:, :2]


def shrunk(image: npt.NDArray[np.uint8], roi: Roi, side: int) -> npt.NDArray[np.uint8]:
    """A square of a picture as (side, side) or (side, side, 3), averaged where it is scaled down."""
    large = roi.cut(image, max(side, round(roi.side)))
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
