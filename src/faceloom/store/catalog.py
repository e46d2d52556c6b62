"""The catalog: one row a recording, probed, hashed, linked and split; bad files are rows with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, Final

import pyarrow as pa

from faceloom import progress
from faceloom.errors import InputError
from faceloom.media.probe import Probe, n_frames, probe
from faceloom.runtime import Runtime
from faceloom.sequences.splits import assign, groups
from faceloom.store import layouts, sidecars
from faceloom.store.executors import execute
from faceloom.store.records import file_digest
from faceloom.store.scan import Found, scan

FEW: Final = 100
"""Recordings up to which starting worker processes costs more than they save."""

FASTEST: Final = 250.0
"""Frames a second that a camera for faces may have."""

SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("clip", "digest")),
        ("bytes", pa.int64()),
        *((name, pa.string()) for name in ("status", "reason")),
        *((name, pa.bool_()) for name in ("has_video", "has_audio")),
        ("n_frames", pa.int32()),
        *((name, pa.float64()) for name in ("duration", "start")),
        *((name, pa.int32()) for name in ("width", "height", "rotation")),
        ("source_fps", pa.float64()),
        ("source_frames", pa.int32()),
        *((name, pa.string()) for name in ("video_codec", "audio_codec")),
        *((name, pa.int32()) for name in ("sample_rate", "channels")),
        *((name, pa.string()) for name in ("layout", "subject", "session", "role", "partner", "group", "split")),
        *((name, pa.string()) for name in ("openface", "truth")),
    ]
)

Row = dict[str, Any]


def build(root: Path, layout: str, val: float, test: float, runtime: Runtime | None = None) -> pa.Table:
    """Catalog of a recordings folder, sorted by clip.

    Args:
        root: The folder.
        layout: `auto`, `folder`, `studio` or `react`.
        val: Share of the groups for validation.
        test: Share of the groups for test.
        runtime: Executor and workers.

    Raises:
        InputError: no such folder, no recording in it, or not the layout that was asked for.
    """
    found = scan(root)
    rows = {row["clip"]: row for row in _read(root, found, runtime or Runtime.load())}
    if not rows:
        raise InputError(f"{root}: holds no recordings; put video, audio or OpenFace CSV files there.")
    _place(rows, layouts.places(sorted(rows), layout, _studio_file(root)))
    _split(rows, val, test)
    return pa.Table.from_pylist([rows[clip] for clip in sorted(rows)], schema=SCHEMA)


def _read(root: Path, found: Found, runtime: Runtime) -> Iterator[Row]:
    """Rows of the recordings, then of the OpenFace CSVs that belong to none of them."""
    serial = runtime if len(found.recordings) > FEW else replace(runtime, executor="serial")
    rows: dict[str, Row] = {}
    with progress.bar("catalog", total=len(found.recordings)) as advance:
        for clip, row in execute(serial, _nothing, partial(_recording, root), found.recordings):
            rows[clip] = row if isinstance(row, dict) else _bad(clip, f"{clip}: {row}")
            advance()
    spans = {table: _span(root / table) for table in found.tables}
    alone = _attach(rows, spans)
    for clip, row in rows.items():
        truth = str(Path(clip).with_suffix("")) + sidecars.TRUTH
        row["truth"] = truth if truth in found.truths else None
    yield from rows.values()
    yield from (_table_row(root, table, spans[table]) for table in alone)


def _nothing() -> None:
    """Workers need no preparation."""


def _recording(root: Path, clip: str) -> Row:
    """Probe and hash one recording."""
    try:
        clip.encode()
    except UnicodeEncodeError:
        return _bad(clip, f"{_printable(clip)}: its name is not valid UTF-8; rename it.")
    path = root / clip
    try:
        found = probe(path)
        row = {
            "digest": file_digest(path),
            "bytes": path.stat().st_size,
            "status": "ok",
            "reason": _named(found.note, clip),
        }
    except InputError as error:
        return _bad(clip, _named(str(error), clip))
    except OSError as error:
        return _bad(clip, f"{clip}: cannot be read ({error.strerror}); check the disk and its permissions.")
    return {"clip": clip, **row, **{f.name: getattr(found, f.name) for f in fields(Probe) if f.name != "note"}}


def _named(sentence: str | None, clip: str) -> str | None:
    """The sentence about a file with the clip's whole id: several folders may hold a file of that name."""
    name = PurePosixPath(clip).name
    return None if sentence is None else f"{clip}: {sentence.removeprefix(f'{name}: ')}"


def _printable(clip: str) -> str:
    return clip.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _bad(clip: str, reason: str | None) -> Row:
    return {"clip": _printable(clip), "status": "bad", "reason": reason, "has_video": False, "has_audio": False}


def _span(path: Path) -> sidecars.Span | str:
    try:
        return sidecars.openface_span(path)
    except InputError as error:
        return str(error)


def _attach(rows: Mapping[str, Row], spans: Mapping[str, sidecars.Span | str]) -> list[str]:
    """Enter each CSV in the row that it belongs to; returns those that belong to no usable recording."""
    clips = {clip: (row["has_video"], row["duration"]) for clip, row in rows.items() if row["status"] == "ok"}
    lengths = {table: span.seconds for table, span in spans.items() if isinstance(span, sidecars.Span)}
    owners = sidecars.match(sorted(lengths), clips, lengths)
    for table, clip in owners.items():
        rows[clip]["openface"] = table
    for clip, other, table in sidecars.rivals(owners, [clip for clip in sorted(clips) if clips[clip][0]]):
        rows[clip]["reason"] = f"{table} was taken for {other}; if it is this clip's, name it {Path(clip).name}.csv."
    return sorted(spans.keys() - owners.keys())


def _table_row(root: Path, table: str, span: sidecars.Span | str) -> Row:
    """Row of an OpenFace CSV without a recording: a clip of its own, without pictures and sound."""
    if isinstance(span, str):
        return _bad(table, _named(span, table))
    odd = span.fps > FASTEST  # OpenFace numbers a folder of images by the millisecond
    return {
        "clip": table,
        "digest": file_digest(root / table),
        "bytes": (root / table).stat().st_size,
        "status": "ok",
        "reason": f"{table}: {span.fps:.0f} rows a second are no video's; taken as written." if odd else None,
        "has_video": False,
        "has_audio": False,
        "n_frames": n_frames(span.seconds),
        "duration": round(span.seconds, 6),
        "start": 0.0,
        "source_fps": span.fps,
        "source_frames": span.rows,
        "openface": table,
    }


def _studio_file(root: Path) -> Mapping[str, Any] | None:
    path = root / layouts.STUDIO_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise InputError(f"{path}: not valid JSON; run the studio stage again.") from None
    return content if isinstance(content, dict) else None


def _place(rows: Mapping[str, Row], places: Mapping[str, layouts.Place]) -> None:
    usable = {clip for clip, row in rows.items() if row["status"] == "ok"}
    for clip, place in places.items():
        partner = place.partner if place.partner in usable else None
        rows[clip].update({f.name: getattr(place, f.name) for f in fields(place)} | {"partner": partner})


def _split(rows: Mapping[str, Row], val: float, test: float) -> None:
    """Groups of the usable clips, and the data set's own split or else the hash's."""
    usable = [rows[clip] for clip in sorted(rows) if rows[clip]["status"] == "ok"]
    group = groups(_inseparable(usable))
    split = assign([group[row["clip"]] for row in usable if not row.get("split")], val, test)
    for row in usable:
        row["group"] = group[row["clip"]]
        row["split"] = row.get("split") or split[row["group"]]


def _inseparable(rows: Sequence[Row]) -> dict[str, list[str]]:
    """What no two splits may share: subjects, sessions, and the content itself, for a copy is no new recording."""
    keys: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for row in rows:
        clip, original = row["clip"], first.setdefault(row["digest"], row["clip"])
        keys[clip] = [f"{name}:{row[name]}" for name in ("subject", "session") if row.get(name)] or [clip]
        if clip != original:
            keys[clip] += keys[original]
            row["reason"] = row.get("reason") or f"{clip}: the same content as {original}; they share a group."
    return keys


def check(table: pa.Table, max_failed_fraction: float) -> Sequence[str]:
    """Reasons of the bad rows.

    Raises:
        InputError: no usable clip, or more bad ones than allowed.
    """
    reasons = [row["reason"] for row in table.to_pylist() if row["status"] == "bad"]
    if len(reasons) == len(table):
        raise InputError(f"catalog: none of {len(table)} recordings can be used; the first: {reasons[0]}")
    if len(reasons) > max_failed_fraction * len(table):
        raise InputError(
            f"catalog: {len(reasons)} of {len(table)} recordings cannot be used, more than "
            f"catalog.max_failed_fraction allows ({max_failed_fraction:g}); the first: {reasons[0]}"
        )
    return reasons
