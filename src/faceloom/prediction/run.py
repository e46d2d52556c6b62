"""Prediction on files: what `faceloom predict` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
from faceloom.media.audio import Heard, audio_on_grid
from faceloom.media.read import AUDIO_RATE
from faceloom.media.write import MediaWriter
from faceloom.prediction import draw
from faceloom.prediction.frames import Film, Frame, Still
from faceloom.prediction.inputs import Source
from faceloom.prediction.networks import Networks
from faceloom.prediction.observe import Observer, Seen
from faceloom.prediction.table import TableWriter, Where, rows, schema
from faceloom.stills import pictures

Image = npt.NDArray[np.uint8]

WINDOW: Final = 32
"""Frames, or faces, that wait for the networks at most."""
PIXELS: Final = 64_000_000
"""Of the pictures that wait at most: what bounds the memory that large ones take."""
QUALITY: Final = 92
"""Of annotated JPEGs."""


@dataclass
class Outcome:
    """What was done: counts, and a sentence for each file that deserves one."""

    pictures: int = 0
    films: int = 0
    frames: int = 0
    faces: int = 0
    without_face: int = 0
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def sentences(self) -> list[str]:
        """For people: notes, what was skipped and why, and what was found."""
        empty = f", {self.without_face} without a face" if self.without_face else ""
        kinds = [("pictures", self.pictures), ("films", self.films)]
        what = " and ".join(f"{count} {name}" for name, count in kinds if count) or "nothing"
        frames = f" ({self.frames} frames)" if self.films else ""
        return [*self.notes, *self.skipped, f"{self.faces} faces in {what}{frames}{empty}"]


@dataclass(frozen=True)
class Look:
    """One picture, where it comes from and which faces are in it."""

    frame: Frame
    where: Where
    seen: list[Seen]

    @property
    def pixels(self) -> int:
        """Of the picture."""
        return self.frame.size[0] * self.frame.size[1]


class Sink(Protocol):
    """Takes annotated pictures in order."""

    def put(self, where: Where, picture: Image) -> None:
        """One picture."""


def total(sources: Iterable[Source]) -> int:
    """Frames to come, for a progress bar: those that films claim, one for a picture."""
    return sum(_claimed(source.path) if source.is_film else 1 for source in sources)


def _claimed(path: Path) -> int:
    try:
        return len(Film.open(path))
    except InputError:
        return 1  # said when it is its turn


@dataclass
class Run:
    """Goes through files, fills the table and draws.

    Attributes:
        networks: The models.
        observer: Finds the faces.
        out: Folder for annotated pictures and films; None for none.
        cropped: Each picture is one face already.
        advance: Called after each frame.
    """

    networks: Networks
    observer: Observer
    out: Path | None = None
    cropped: bool = False
    advance: Callable[[], object] = lambda: None
    outcome: Outcome = field(default_factory=Outcome)

    def __call__(self, sources: Iterable[Source], table: Path) -> Outcome:
        """Write the table (and what else was asked for).

        Raises:
            InputError: not one of the files can be read.
        """
        sources = list(sources)
        with TableWriter(table, schema(self.networks)) as writer:
            stills = [source for source in sources if not source.is_film]
            self._windows(self._stills(stills), writer, _Pictures(stills, self.out) if self.out else None)
            for source in sources:
                if source.is_film:
                    self._film(source, writer)
            if not self.outcome.pictures + self.outcome.films:
                raise InputError(self.outcome.skipped[0] if len(sources) == 1 else _nothing(self.outcome.skipped))
        return self.outcome

    def _stills(self, stills: Iterable[Source]) -> Iterator[Look]:
        look = self.observer.cropped if self.cropped else self.observer.picture
        for source in stills:
            try:
                frame = Still(read(source.path))
            except ValueError as error:
                self.outcome.skipped.append(f"{source.path}: {error}; skipped.")
            else:
                seen = look(frame)
                self.outcome.pictures += 1
                if (count := pictures.frames(source.path)) > 1:
                    self.outcome.notes.append(f"{source.path}: the first of its {count} pictures was taken.")
                yield Look(frame, Where(str(source.path)), seen)
            self.advance()

    def _film(self, source: Source, writer: TableWriter) -> None:
        try:
            film = Film.open(source.path)
        except InputError as error:
            self.outcome.skipped.append(f"{error} Skipped.")
            self.advance()
            return
        self.observer.begin()
        with _film_sink(film, source, self.out) as sink:
            self._windows(self._frames(film), writer, sink)
        self.outcome.films += 1

    def _frames(self, film: Film) -> Iterator[Look]:
        for number, frame in enumerate(film):
            self.outcome.frames += 1
            seen = self.observer.film(frame)
            yield Look(frame, Where(str(film.path), number, film.seconds(number)), seen)
            self.advance()

    def _windows(self, looks: Iterable[Look], writer: TableWriter, sink: Sink | None) -> None:
        for window in windows(looks):
            seen = [one for look in window for one in look.seen]
            where = [look.where for look in window for _ in look.seen]
            self.outcome.faces += len(seen)
            self.outcome.without_face += sum(not look.seen for look in window)
            part = rows(where, seen, self.networks(seen), schema(self.networks))
            writer.write(part)
            if sink is not None:
                self._draw(window, iter(part.to_pylist()), sink)

    def _draw(self, window: list[Look], found: Iterator[dict[str, object]], sink: Sink) -> None:
        classes = {name: model.classes for name, model in self.networks.classifiers.items()}
        for look in window:
            faces = [next(found) for _ in look.seen]
            widen = look.where.frame == 0 and look.where.time is None
            sink.put(look.where, draw.draw(look.frame.rgb, faces, classes, widen))


def windows(looks: Iterable[Look]) -> Iterator[list[Look]]:
    """Pictures in groups of at most `WINDOW`, fewer where they are large or hold many faces."""
    held: list[Look] = []
    for look in looks:
        held.append(look)
        faces, pixels = sum(len(one.seen) for one in held), sum(one.pixels for one in held)
        if max(len(held), faces) >= WINDOW or pixels >= PIXELS:
            yield held
            held = []
    if held:
        yield held


def read(path: Path) -> Image:
    """RGB pixels of a picture; raises ValueError with what is wrong, in words."""
    if not path.stat().st_size:
        raise ValueError("the file is empty")
    return pictures.colour(path)


def _nothing(skipped: list[str]) -> str:
    return f"none of the {len(skipped)} files can be read; the first: {skipped[0]}"


class _Pictures:
    """Annotated pictures as JPEGs, each in its place only when it is whole."""

    def __init__(self, stills: Iterable[Source], out: Path) -> None:
        self._paths = {str(source.path): out / "pictures" / f"{source.name}.jpg" for source in stills}

    def put(self, where: Where, picture: Image) -> None:
        """Write one."""
        path = self._paths[where.source]
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
        try:
            partial.write_bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _film_sink(film: Film, source: Source, out: Path | None) -> AbstractContextManager[Sink | None]:
    return nullcontext() if out is None else FilmSink(film, out / "films" / f"{source.name}.mp4")


class FilmSink:
    """An annotated film with the source's sound; it appears when the block ends well, and nothing stays otherwise."""

    def __init__(self, film: Film, path: Path) -> None:
        self._film, self._path = film, path
        self._partial = path.with_suffix(f".partial{path.suffix}")
        self._writer: MediaWriter | None = None
        has_sound = film.about.has_audio
        self._sound = audio_on_grid(film.path, film.about.start, len(film), Heard()) if has_sound else None

    def put(self, where: Where, picture: Image) -> None:  # noqa: ARG002 - frames come in order
        """Append one picture and the sound that belongs to it."""
        if self._writer is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            size = picture.shape[1], picture.shape[0]
            self._writer = MediaWriter(self._partial, size, AUDIO_RATE if self._sound else None)
        self._writer.write_rgb(picture)
        if self._sound is not None:
            self._writer.write_audio(next(self._sound))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is None:
            return
        self._writer.__exit__(kind, error, trace)
        if kind is None:
            self._partial.replace(self._path)
