"""From a recording of a speaker to reactions: predictions.npy, a table, and a film to look at."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from faceloom.coefficients.checkpoint import load as load_coefficients
from faceloom.errors import InputError
from faceloom.facs import AFFECT, EXPRESSIONS, REACT_AUS
from faceloom.params import Params
from faceloom.progress import bar
from faceloom.reaction.recording import Workshop, listen
from faceloom.report import panels, video
from faceloom.store import write_table
from faceloom.tasks.reaction import features
from faceloom.tasks.reaction.checkpoint import load

TASKS: Final = ("online", "offline")
SHOWN: Final = 5
"""Reactions in the film, beside the speaker."""
FPS: Final = 25
COEFFICIENTS: Final = "coefficients.npy"
"""(samples, T, 58), where a model of them is given."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Request:
    """What was asked for; `check` it before hours of work."""

    recording: Path
    task: str
    samples: int
    out: Path
    models: Path
    seed: int = 0
    coefficients: Path | None = None

    def check(self) -> None:
        """Raises InputError for a wish that cannot be met."""
        if self.task not in TASKS:
            raise InputError(f"--task: `{self.task}` is unknown; use {' or '.join(TASKS)}.")
        if self.samples < 1:
            raise InputError(f"--samples: {self.samples} is no number of reactions; give at least 1.")
        if self.out.exists() and not self.out.is_dir():
            raise InputError(f"{self.out}: is a file; give a folder for the reactions.")


@dataclass(frozen=True)
class Reactions:
    """What was written, in frames of 25 a second.

    `film` is None where the studio's head is not installed, `coefficients` where none were asked for.
    """

    predictions: Path
    table: Path
    film: Path | None
    frames: int
    coefficients: Path | None = None


def react(request: Request, params: Params) -> Reactions:
    """Generate reactions and write them.

    Args:
        request: What for.
        params: Settings of the extractors.

    Raises:
        InputError: the recording cannot be read or shows no face, or a model is missing.
    """
    request.check()
    model = load(request.models / "reaction").ready()
    face_model = load_coefficients(request.coefficients) if request.coefficients else None
    request.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), params, request.models)
        workshop.place(request.recording)
        workshop.extract(features.places([*model.streams, *model.vectors]))
        speaker = listen(workshop, model)
        predictions = model.react(speaker, request.task, samples=request.samples, seed=request.seed)
        written = request.out / "predictions.npy", request.out / "reactions.parquet"
        np.save(written[0], predictions[None])
        write_table(written[1], tables(predictions))
        if face_model:
            np.save(request.out / COEFFICIENTS, face_model.predict(predictions))
        film = _film(workshop, predictions, request.out / "reactions.mp4")
    return Reactions(*written, film, len(speaker), request.out / COEFFICIENTS if face_model else None)


def tables(predictions: Floats) -> Iterator[pa.Table]:
    """A table a reaction (T, 25): `reaction`, `frame`, `time [s]`, then `COLUMNS`."""
    for number, reaction in enumerate(predictions):
        frame = np.arange(len(reaction), dtype=np.int32)
        columns = {"reaction": np.full(len(reaction), number, np.int32), "frame": frame, "time [s]": frame / FPS}
        yield pa.table(columns | dict(zip(COLUMNS, reaction.T, strict=True)))


COLUMNS: Final = (
    *(f"{au} [0..1]" for au in REACT_AUS),
    *(f"{name} [-1..1]" for name in AFFECT),
    *(f"{name} [0..1]" for name in EXPRESSIONS),
)
"""The 25 attributes with what their numbers mean."""


def _film(workshop: Workshop, predictions: Floats, out: Path) -> Path | None:
    decoded = workshop.clip(("decoded",)).media["decoded"]
    frames = predictions.shape[1]
    heads = [(f"reaction {k + 1}", panels.head(reaction)) for k, reaction in enumerate(predictions[:SHOWN])]
    film = panels.mosaic([("speaker", panels.recorded(decoded, 0, frames)), *heads])
    try:
        with bar("film", frames) as advance:
            video.encode(out, _watched(film, advance), video.read_sound(decoded, 0, frames))
    except InputError:  # the studio's data files are not installed
        return None
    return out


def _watched(frames: Iterator[video.Image], advance: Callable[[], None]) -> Iterator[video.Image]:
    for frame in frames:
        yield frame
        advance()
