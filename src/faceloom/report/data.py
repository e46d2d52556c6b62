"""What is in the data: counts, the split, what each stage made of each clip, and what went wrong."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from faceloom.report.video import data_uri

if TYPE_CHECKING:
    from faceloom.report.project import Project, Row
    from faceloom.store import Clip

PER_CLIP: Final = (
    ("decode", "data/decoded"),
    ("faces", "data/faces"),
    ("audio", "data/audio/frames"),
    ("facial", "data/facial"),
    ("pose", "data/pose"),
    ("align", "data/aligned"),
    ("tokenise", "data/tokens"),
)
"""Stages that keep one record a clip, and where."""

SPLITS: Final = ("train", "val", "test")
NAMED: Final = 12
"""Clips named under one reason; a data set may have thousands."""


@dataclass(frozen=True)
class Problem:
    """One reason, and the clips it hit; a note is about clips that went on."""

    stage: str
    failed: bool
    reason: str
    clips: list[str]

    @property
    def named(self) -> list[str]:
        """The clips that are named; the rest is a count."""
        return self.clips[:NAMED]


@dataclass(frozen=True)
class StageCount:
    """Clips by outcome in one stage; `ran` is False where its out is absent."""

    stage: str
    ran: bool
    ok: int = 0
    failed: int = 0
    skipped: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Data:
    """Everything that the section on the data shows; a fraction is None where its stage has not run."""

    clips: int
    usable: int
    minutes: float
    face_fraction: float | None
    voiced_fraction: float | None
    splits: list[Row]
    stages: list[StageCount]
    problems: list[Problem]
    timing: dict[str, int]
    faces: list[tuple[str, str]]


def summarise(project: Project) -> Data:
    """Count a project's data."""
    usable = [row for row in project.catalog if row["status"] == "ok"]
    return Data(
        clips=len(project.catalog),
        usable=len(usable),
        minutes=_minutes(usable),
        face_fraction=fraction(project, "data/faces", "is_face"),
        voiced_fraction=fraction(project, "data/audio/frames", "is_voiced"),
        splits=[_split(name, [row for row in usable if row.get("split") == name]) for name in SPLITS],
        stages=[_count(stage, project.index(folder)) for stage, folder in PER_CLIP],
        problems=problems(project),
        timing=timing(project.index("data/decoded")),
        faces=face_pictures(project),
    )


def fraction(project: Project, folder: str, column: str) -> float | None:
    """Share of frames in which a boolean column is true, over all clips; None without frames."""
    total, true = 0, 0
    for batch in project.shards(folder, [column]):
        total += batch.num_rows
        true += pc.sum(batch.column(0)).as_py() or 0
    return true / total if total else None


def _minutes(rows: list[Row]) -> float:
    return sum(row.get("duration") or 0.0 for row in rows) / 60


def _split(name: str, rows: list[Row]) -> Row:
    groups = {row.get("group") for row in rows}
    return {"name": name, "clips": len(rows), "groups": len(groups), "minutes": _minutes(rows)}


def _count(stage: str, index: list[Row]) -> StageCount:
    status = Counter(row["status"] for row in index)
    rows = sum(row["rows"] for row in index)
    return StageCount(stage, bool(index), status["ok"], status["failed"], status["skipped"], rows)


def problems(project: Project) -> list[Problem]:
    """Reasons of the catalog, errors and notes of the stages, equal wording together: failures first."""
    found: dict[tuple[bool, str, str], list[str]] = defaultdict(list)
    for row in project.catalog:
        if row["status"] != "ok":
            found[True, "catalog", _wording(row["reason"], row["clip"])].append(row["clip"])
    for stage, folder in PER_CLIP:
        for row in project.index(folder):
            failed = row["status"] == "failed"
            if text := row["error"] if failed else row.get("note"):
                found[failed, stage, _wording(text, row["clip"])].append(row["clip"])
    ordered = sorted(found.items(), key=lambda item: (not item[0][0], -len(item[1]), item[0]))
    return [Problem(stage, failed, reason, clips) for (failed, stage, reason), clips in ordered]


def timing(index: list[Row]) -> dict[str, int]:
    """Source frames that the grid of 25 fps dropped or repeated, and gaps, over all clips; empty where not counted."""
    names = ("dropped", "duplicated", "gaps")
    counted = bool(index) and set(names) <= set(index[0])
    return {name: sum(row[name] or 0 for row in index) for name in names if counted}


def _wording(reason: str | None, clip: str) -> str:
    """The reason without the file's name (or its folder on this machine), so that equal reasons group."""
    text = re.sub(rf"(\S*/)?{re.escape(clip)}(: )?", "", reason or "no reason was given")
    return text[:1].upper() + text[1:]


def face_pictures(project: Project, count: int = 24) -> list[tuple[str, str]]:
    """Clip id and JPEG data URI of the middle face of evenly chosen clips."""
    clips = [clip for clip in project.clips(faces="data/faces") if "faces" in clip.tables]
    chosen = [clips[i * len(clips) // count] for i in range(count)] if len(clips) > count else clips
    pictures = ((clip.clip, _middle_face(clip)) for clip in chosen)
    return [(clip, picture) for clip, picture in pictures if picture]


def _middle_face(clip: Clip) -> str | None:
    """The first window with a face from the clip's middle on, or else from its start, one window in memory."""
    table = clip.tables["faces"]
    middle = table.groups // 2
    halves = (
        replace(table, first_group=table.first_group + middle, groups=table.groups - middle),
        replace(table, groups=middle),
    )
    for chunk in itertools.chain.from_iterable(half.chunks(["is_face", "image"]) for half in halves):
        faces = chunk.filter(chunk["is_face"])
        if len(faces):
            return data_uri("image/jpeg", faces["image"][len(faces) // 2].as_py()["bytes"])
    return None
