"""From a data set of faces to the packed file of one task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
from faceloom.stills.classes import CLASSES, NONE, ClassSet, counterparts
from faceloom.stills.faces import Faces, Skips
from faceloom.stills.framing import framing
from faceloom.stills.packed import SPLITS
from faceloom.stills.points import KEYPOINTS
from faceloom.stills.sharpness import UNEQUAL, Sharpness
from faceloom.stills.sources import Source, open_source
from faceloom.stills.splits import DROPPED, SEED, Shares, Split, of_the_reference, without_leaks
from faceloom.stills.write import Writer

Task = Literal["keypoints", "expression", "emotion_cnn"]

SIDES: Final[dict[Task, int]] = {"keypoints": 96, "expression": 96, "emotion_cnn": 48}
"""Of the packed pictures; FER2013's and other small ones stay 48 and are enlarged where they are used."""


@dataclass(frozen=True)
class Settings:
    """One task's section of `stills`.

    Attributes:
        data: The data set.
        split: `auto`, without leaks; or `reference`, reference 2's.
        val: Share for validation.
        test: Share for test.
        margin: Side of a crop of the studio's stills over that of the landmarks' box.
        max_bad_fraction: More unreadable rows than this are an error.
        missing: Faces that lack some points: `drop` them, or `mask` the points. Of no use for classes.
        classes: The task's classes; None for keypoints.
        sharpness: What is done about splits that are sharper than others.
    """

    data: str
    split: Literal["auto", "reference"] = "auto"
    val: float = 0.15
    test: float = 0.15
    margin: float = 1.7
    max_bad_fraction: float = 0.2
    missing: Literal["drop", "mask"] = "drop"
    classes: ClassSet | None = None
    sharpness: Sharpness = "as_is"


def pack(task: Task, settings: Settings, out: Path) -> list[str]:
    """Read the data set, split it and write `out`; returns what a person should know, line by line.

    Raises:
        InputError: a data set that is absent, unknown, of another task, or too faulty.
    """
    source = _suited(open_source(Path(settings.data), SIDES[task], settings.margin), settings)
    skips = Skips(settings.data)
    with Writer(out, source.side, 0 if settings.classes else len(KEYPOINTS)) as writer:
        copies = _copier(settings)
        for chunk in source.chunks(skips):
            writer.add(copies(usable(chunk, source, settings, skips)))
        skips.check(len(writer), settings.max_bad_fraction)
        split = _split(writer, settings)
        keep = split.codes != DROPPED
        skips.leave("its picture is in a later split too", int((~keep).sum()))
        sharpness = _sharpness(writer, split.codes, keep, settings)
        writer.finish(split.codes, keep, _about(source, settings, split, skips) | {"blurred": sharpness.blurred})
    counts = Counter(split.codes[keep].tolist())
    shares = ", ".join(f"{counts[code]} {name}" for code, name in enumerate(SPLITS))
    return [
        f"{task}: {keep.sum()} faces packed from {source.name} ({shares}; by {split.rule})",
        *skips.messages(),
        *sharpness.messages,
    ]


def _suited(source: Source, settings: Settings) -> Source:
    if settings.classes and not source.classes:
        raise InputError(f"{settings.data}: its faces have no expressions; name a data set that has.")
    if not settings.classes and not source.has_points:
        raise InputError(f"{settings.data}: its faces have no keypoints; name a data set that has.")
    return source


def usable(chunk: Faces, source: Source, settings: Settings, skips: Skips) -> Faces:
    """The faces that the task can use, with labels of the task's classes or with points alone."""
    if settings.classes:
        labels = counterparts(source.classes, CLASSES[settings.classes])[chunk.labels]
        known = labels != NONE
        for name, count in Counter(np.array(source.classes)[chunk.labels[~known]].tolist()).items():
            skips.leave(f"class `{name}` is none of the task's", count)
        no_points = np.zeros((len(chunk), 0, 2), np.float32)
        return Faces(chunk.images, no_points, labels, chunk.person, chunk.usage)[known]
    found: npt.NDArray[np.bool_] = ~np.isnan(chunk.points.sum(axis=2))
    skips.leave("no keypoint is labelled", int((~found.any(axis=1)).sum()))
    complete = found.all(axis=1)
    if settings.missing == "drop":
        skips.leave("some keypoints are missing", int((found.any(axis=1) & ~complete).sum()))
        return chunk[complete]
    chunk.points[~found] = np.nan  # half a point is none
    return chunk[found.any(axis=1)]


def _copier(settings: Settings) -> Callable[[Faces], Faces]:
    if settings.split != "reference" or settings.classes:
        return lambda chunk: chunk
    from faceloom.stills.copies import Copier  # torch, for one preset

    return Copier(SEED)


def _split(writer: Writer, settings: Settings) -> Split:
    if settings.split == "reference":
        return of_the_reference(len(writer), "classes" if settings.classes else "keypoints")
    return without_leaks(writer.person, writer.usage, writer.contents, Shares(settings.val, settings.test))


@dataclass(frozen=True)
class _Sharpness:
    """What was done about splits of unequal sharpness: sigma in pixels by split, and what a person should know."""

    blurred: dict[str, float]
    messages: list[str]


def _sharpness(
    writer: Writer, codes: npt.NDArray[np.uint8], keep: npt.NDArray[np.bool_], settings: Settings
) -> _Sharpness:
    if settings.sharpness != "as_is":
        restore = settings.sharpness == "restore"
        sigmas = {SPLITS[code]: sigma for code, sigma in writer.match_sharpness(codes, keep, restore).items()}
        what = "blurred (sigma {:g} pixels) as the smoothest split is" + restore * ", then all of them restored"
        told = [f"{settings.data}: {name} pictures {what.format(sigma)}" for name, sigma in sigmas.items()]
        return _Sharpness(sigmas, told)
    steps = {SPLITS[code]: step for code, step in writer.steps(codes, keep).items()}
    if len(steps) < 2 or max(steps.values()) < UNEQUAL * min(steps.values()):
        return _Sharpness({}, [])
    listed = ", ".join(f"{name} {step:.1f}" for name, step in steps.items())
    finding = f"{settings.data}: splits differ in sharpness (mean step between pixels: {listed} grey levels)"
    return _Sharpness({}, [f"{finding}, so scores say little; `sharpness: restore` makes them alike"])


def _about(source: Source, settings: Settings, split: Split, skips: Skips) -> dict[str, Any]:
    return {
        "source": source.name,
        "classes": list(CLASSES[settings.classes]) if settings.classes else [],
        "size": source.side,
        "framing": asdict(framing(source.name, source.side, settings.margin)),
        "split_rule": split.rule,
        "leaks": split.leaks,
        "skipped": skips.counts(),
    }
