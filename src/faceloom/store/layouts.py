"""Who is who: what a known folder layout says about its recordings. Pure functions on clip ids."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from faceloom.errors import InputError

STUDIO_FILE: Final = "studio.json"
REACT_FOLDER: Final = "Video_files"
SPLITS: Final = ("train", "val", "test")


@dataclass(frozen=True)
class Place:
    """What a layout knows about one clip; `partner` is a clip id, `split` only where the data set brings its own."""

    layout: str
    subject: str | None = None
    session: str | None = None
    role: str | None = None
    partner: str | None = None
    split: str | None = None


def detect(clips: Iterable[str], studio: bool) -> str:
    """Name of the layout: `studio` with a studio.json at the top, `react` with {train,val,test}/Video_files."""
    if studio:
        return "studio"
    return "react" if any(_react_parts(clip) for clip in clips) else "folder"


def places(clips: Sequence[str], layout: str, studio: Mapping[str, Any] | None = None) -> dict[str, Place]:
    """Place of every clip.

    Args:
        clips: Clip ids.
        layout: `auto`, `folder`, `studio` or `react`.
        studio: Content of studio.json: `{"clips": {clip id: {"subject", "session", "role", "partner"}}}`.

    Raises:
        InputError: the recordings do not have the layout that was asked for.
    """
    if layout == "auto":
        layout = detect(clips, studio is not None)
    if layout == "studio":
        return _studio(clips, studio)
    if layout == "react":
        return _react(clips)
    return {clip: Place("folder") for clip in clips}


def _studio(clips: Sequence[str], studio: Mapping[str, Any] | None) -> dict[str, Place]:
    if studio is None or not isinstance(studio.get("clips"), Mapping):
        raise InputError(
            f"catalog.layout: `studio` needs a {STUDIO_FILE} with `clips` at the top of the recordings folder; "
            "run the studio stage or set it to auto."
        )
    known, present = studio["clips"], frozenset(clips)
    return {clip: _studio_place(known.get(clip), present) for clip in clips}


def _studio_place(entry: Mapping[str, Any] | None, clips: frozenset[str]) -> Place:
    if entry is None:  # somebody put a recording of their own beside the synthetic ones
        return Place("folder")
    partner = entry.get("partner")
    return Place(
        "studio", entry.get("subject"), entry.get("session"), entry.get("role"), partner if partner in clips else None
    )


def _react_parts(clip: str) -> tuple[str, ...] | None:
    """(split, corpus, session folders .., person, file name) of a clip in the REACT layout."""
    parts = PurePosixPath(clip).parts
    if REACT_FOLDER not in parts:
        return None
    at = parts.index(REACT_FOLDER)
    inside = parts[at + 1 :]
    return (parts[at - 1], *inside) if at > 0 and parts[at - 1] in SPLITS and len(inside) >= 4 else None


def _react(clips: Sequence[str]) -> dict[str, Place]:
    """REACT 2023: `<split>/Video_files/<corpus>/<session ..>/<person>/<number>.mp4`.

    NoXI's persons are `Expert_video` and `Novice_video`, RECOLA's `P25`, `P26`, UDIVA's the two cameras. Partners have
    one session and one number; where a session has more than two persons, neighbours in the sorted order are a pair.
    """
    parts = {clip: found for clip in clips if (found := _react_parts(clip))}
    if not parts:
        raise InputError(
            "catalog.layout: `react` needs recordings below train/Video_files, val/Video_files or test/Video_files; "
            "set it to auto or folder."
        )
    partners = _react_partners(parts)
    known = {clip: replace(_react_place(part), partner=partners.get(clip)) for clip, part in parts.items()}
    return {clip: known.get(clip, Place("folder")) for clip in clips}


def _react_place(part: tuple[str, ...]) -> Place:
    split, corpus, *session, person, _ = part
    name = "/".join((corpus, *session))
    role = {"Expert_video": "expert", "Novice_video": "novice"}.get(person)
    # RECOLA numbers its people across groups; the others only within a session
    subject = f"{corpus}/{person}" if corpus == "RECOLA" else f"{name}/{role or person}"
    return Place("react", subject, name, role, None, split)


def _react_partners(parts: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    persons: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for *session, person, _ in parts.values():
        persons[tuple(session)].add(person)
    clips = {(*part[:-1], PurePosixPath(part[-1]).stem): clip for clip, part in sorted(parts.items(), reverse=True)}
    partners = {}
    for clip, (*session, person, file) in parts.items():
        everyone = sorted(persons[tuple(session)])
        at = everyone.index(person) ^ 1
        other = (*session, everyone[at], PurePosixPath(file).stem) if at < len(everyone) else None
        if other in clips:
            partners[clip] = clips[other]
    return partners
