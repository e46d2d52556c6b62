"""Facial behaviour per frame: the project's estimator, an OpenFace CSV beside the clip, or the studio's truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from faceloom.errors import InputError
from faceloom.facs import AFFECT, AU_COLUMNS, EXPRESSIONS
from faceloom.features import openface
from faceloom.features.face_table import WINDOW, FaceWindow, as_lists, from_lists, to_table
from faceloom.features.landmarks import keypoints15_of_68
from faceloom.store import Clip, write_table

if TYPE_CHECKING:
    from faceloom.features.face_tracking import FaceTracker
    from faceloom.tasks.action_units.model import Model

Array = npt.NDArray[np.float32]

MEDIAN_FRAMES: Final = 1500
"""A clip's median needs no more frames than this, evenly spread: memory stays bounded."""

SIDECARS: Final[Mapping[str, tuple[str, ...]]] = {
    "auto": ("openface",),
    "estimator": (),
    "openface": ("openface",),
    "truth": ("truth",),
}
"""The files beside a clip that each source reads."""


@dataclass(frozen=True)
class Facial:
    """Writes `data/facial`.

    Attributes:
        source: `auto` (an OpenFace CSV where there is one, else the estimator), `estimator`, `openface` or `truth`.
        relative_to_neutral: Judge each face by its difference from the clip's median face.
        model: Folder of the estimator.
        digest: Hash of the estimator's files, so that a new model means new records.
        long_side: Of the pictures, `decode.long_side`: what an OpenFace CSV's and a truth table's pixels become.
    """

    name: ClassVar[str] = "facial"
    version: ClassVar[int] = 3

    source: str = "auto"
    relative_to_neutral: bool = False
    model: str = "models/action_units"
    digest: str = ""
    long_side: int = 640
    _tracker: FaceTracker | None = field(default=None, init=False, repr=False, compare=False)
    _model: Model | None = field(default=None, init=False, repr=False, compare=False)

    def setup(self, device: str) -> None:  # noqa: ARG002 - the networks run on the CPU
        """Load the networks and the estimator (they run on the CPU)."""
        if self.source in ("auto", "estimator"):
            from faceloom.features.face_tracking import FaceTracker
            from faceloom.tasks.action_units.model import load

            object.__setattr__(self, "_tracker", FaceTracker())
            object.__setattr__(self, "_model", load(Path(self.model)))

    def __call__(self, clip: Clip, out: Path) -> dict[str, Any]:
        """Write the clip's rows; the summary says where they come from and how many frames have a face."""
        source = self._source(clip)
        readers: dict[str, Callable[[Clip], Iterator[FaceWindow]]] = {
            "openface": self._openface,
            "truth": self._truth,
            "estimator": partial(self._estimate, seen=out / "seen.parquet"),
        }
        faces, first = 0, 0

        def rows() -> Iterator[pa.Table]:
            nonlocal faces, first
            for window in readers[source](clip):
                faces += int(window.is_face.sum())
                yield to_table(window, first, source)
                first += len(window)

        write_table(out / "table.parquet", rows())
        return {"source": source, "face_frames": faces}

    def _source(self, clip: Clip) -> str:
        if self.source == "auto":
            return "openface" if "openface" in clip.sidecars else "estimator"
        if self.source in SIDECARS and self.source not in (*clip.sidecars, "estimator"):
            what = "an OpenFace CSV" if self.source == "openface" else "a truth table"
            raise InputError(
                f"{clip.clip}: `facial.source: {self.source}` needs {what} beside it; add one or choose `auto`."
            )
        return self.source

    def _estimate(self, clip: Clip, seen: Path) -> Iterator[FaceWindow]:
        assert self._tracker is not None, "setup() comes first"
        assert self._model is not None
        from faceloom.features.face_tracking import COLUMNS

        windows = self._tracker.windows(clip.tables["faces"].chunks(list(COLUMNS)))
        if not self.relative_to_neutral:
            yield from (estimate(self._model, window) for window in windows)
            return
        neutral = _first_pass(self._model, windows, seen, clip.n_frames)
        yield from (estimate(self._model, window, neutral) for window in _second_pass(seen))
        seen.unlink()

    def _openface(self, clip: Clip) -> Iterator[FaceWindow]:
        """The CSV's action units and 68 landmarks (scaled to analysis pixels); it has no affect and no expressions."""
        rows = openface.read(clip.sidecars["openface"])
        scale = self._scale(clip)
        for first in range(0, clip.n_frames, WINDOW):
            last = min(first + WINDOW, clip.n_frames)
            window = FaceWindow.empty(last - first)
            window.units[:] = np.clip(openface.on_grid(rows, AU_COLUMNS, first, last), 0, 5)
            window.is_face[:] = np.isfinite(window.units).all(axis=1)
            window.landmarks68[:] = openface.on_grid(rows, openface.POINTS, first, last).reshape(-1, 68, 2) * scale
            window.keypoints15[:] = keypoints15_of_68(window.landmarks68)
            window.confidence[:] = openface.on_grid(rows, ("confidence",), first, last)[:, 0]
            yield window

    def _truth(self, clip: Clip) -> Iterator[FaceWindow]:
        """What the studio drew."""
        table, scale = pq.read_table(clip.sidecars["truth"]), self._scale(clip)
        for first in range(0, clip.n_frames, WINDOW):
            rows = table.slice(first, min(WINDOW, clip.n_frames - first))
            window = FaceWindow.empty(min(WINDOW, clip.n_frames - first))
            n = len(rows)
            window.is_face[:n] = True
            window.units[:n] = np.stack([rows[name].to_numpy() for name in AU_COLUMNS], axis=1)
            window.affect[:n] = np.stack([rows[name].to_numpy() for name in AFFECT], axis=1)
            named = np.array(rows["expression"].to_pylist(), dtype=object)
            window.expressions[:n] = named[:, None] == np.array(EXPRESSIONS, dtype=object)
            for name in ("landmarks68", "keypoints15"):
                array = getattr(window, name)
                array[:n] = np.array(rows[name].to_pylist(), dtype=np.float32).reshape(n, *array.shape[1:]) * scale
            window.confidence[:n] = 1
            yield window

    def _scale(self, clip: Clip) -> float:
        """Analysis pixels per pixel of the recording; NaN where there is no video."""
        size = max(clip.row.get("width") or 0, clip.row.get("height") or 0)
        return min(1.0, self.long_side / size) if size else float("nan")


def estimate(model: Model, window: FaceWindow, neutral: Array | None = None) -> FaceWindow:
    """Fill in action units, affect and expressions from the window's landmarks and eyes."""
    result = model(model.features(window.landmarks, window.iris, window.texture), neutral)
    window.units[:], window.affect[:], window.expressions[:] = result.units, result.affect, result.expressions
    return window


def _first_pass(model: Model, windows: Iterable[FaceWindow], seen: Path, n_frames: int) -> Array:
    """Keep the landmarks on disk; returns the median features (F,) of evenly spread frames with a face."""
    step, kept, first = max(1, n_frames // MEDIAN_FRAMES), [], 0

    def rows() -> Iterator[pa.Table]:
        nonlocal first
        for window in windows:
            chosen = (np.arange(first, first + len(window)) % step == 0) & window.is_face
            kept.append(model.features(window.landmarks[chosen], window.iris[chosen], window.texture[chosen]))
            yield to_table(window, first, "estimator").append_column("texture", as_lists(window.texture))
            first += len(window)

    write_table(seen, rows())
    features = np.concatenate(kept)
    return np.asarray(np.median(features, axis=0) if len(features) else features.sum(axis=0), dtype=np.float32)


def _second_pass(seen: Path) -> Iterator[FaceWindow]:
    with pq.ParquetFile(seen) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            window = FaceWindow.empty(len(table))
            window.is_face[:] = table["is_face"].to_numpy()
            window.confidence[:] = table["confidence"].to_numpy()
            for name in ("landmarks", "landmarks68", "keypoints15", "iris", "texture"):
                array = getattr(window, name)
                array[:] = from_lists(table[name], *array.shape[1:])
            yield window
