"""Which clips train, which choose the weights, and which are held out for the score: no group is on two sides.

Groups are the catalog's: a person's sessions, a session's people; a clip of its own where the layout does not say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from faceloom.coefficients.data import FOLDER
from faceloom.errors import InputError
from faceloom.sequences.splits import assign, groups
from faceloom.store import layouts

SHARE: Final = 0.15
"""Of the groups for validation, and the same for test, where the data bring no split."""


def divide(names: Sequence[str], folder: Path) -> dict[str, str]:
    """Split (`train`, `val`, `test`) of each clip; `val` is empty where two groups are all there is.

    The challenge's own splits hold. Without its test split, whose coefficients are not public, `val` is held out, and
    the weights are chosen on a share of the training groups.

    Args:
        names: Paths of the coefficients below the folder.
        folder: The data folder; one that is called `train`, `val` or `test` is that split of the challenge.

    Raises:
        InputError: all clips are of one group.
    """
    places = _places(names, folder)
    group = groups({name: _keys(place) for name, place in places.items()})
    if len(set(group.values())) < 2:
        raise InputError(f"{folder}: all clips show one person or session; a score needs clips of another one.")
    own = {name: place.split for name, place in places.items()}
    present = set(own.values())
    if None in present or "train" not in present or len(present) == 1:
        return _by_hash(group)
    if "test" not in present:
        own = {name: "test" if split == "val" else split for name, split in own.items()}
    if "val" not in own.values():
        chosen = _some({group[name] for name, split in own.items() if split == "train"})
        own |= {name: "val" for name, split in own.items() if split == "train" and group[name] in chosen}
    return {name: str(split) for name, split in own.items()}


def _places(names: Sequence[str], folder: Path) -> Mapping[str, layouts.Place]:
    """What the layout knows of each clip, by the recording that it was extracted from."""
    inside = folder.resolve().name
    prefix = (inside,) if inside in layouts.SPLITS else ()
    clips = {}
    for name in names:
        parts = PurePosixPath(name).with_suffix(".mp4").parts
        start = prefix if parts[0] == FOLDER else ()
        clips[name] = "/".join((*start, *(layouts.REACT_FOLDER if part == FOLDER else part for part in parts)))
    found = layouts.places(sorted(clips.values()), "auto")
    return {name: found[clip] for name, clip in clips.items()}


def _keys(place: layouts.Place) -> list[str]:
    """What a clip must not be separated from, as in the catalog."""
    about = {"subject": place.subject, "session": place.session}
    return [f"{kind}:{value}" for kind, value in about.items() if value]


def _by_hash(group: Mapping[str, str]) -> dict[str, str]:
    names = sorted(set(group.values()))
    split = assign(names, SHARE, SHARE) if len(names) > 2 else dict(zip(names, ("train", "test"), strict=True))
    return {name: split[own] for name, own in group.items()}


def _some(names: Iterable[str]) -> set[str]:
    """A share of the groups, at least one; none where one is all there is."""
    listed = sorted(names)
    if len(listed) < 3:  # too few for `assign` to leave no side empty
        return set(listed[1:])
    split = assign(listed, SHARE, 0.0)
    return {name for name in listed if split[name] == "val"}
