"""Who listens to whom: pairs of recordings, each used in both directions, in the order of the published data.

A split's clips are its pairs' first members, then their second ones, so that with h pairs clip k's partner is k + h or
k - h. Splits follow one another: train, val, test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.tasks.reaction.data import SPLITS

TALKS: Final = ("speaker", "expert")
"""Roles that come first in a pair."""


@dataclass(frozen=True)
class Pair:
    """Two clips of one session and split, and the pair's place among all that its list names."""

    split: str
    first: str
    second: str
    place: int


@dataclass(frozen=True)
class Dyads:
    """All clips in order: `clips`, `partner` int32 and `split` uint8 (N,).

    `places` int64 (N,) are their rows in an appropriateness matrix that was made for the `listed` (by split) clips
    before any was left out.
    """

    clips: tuple[str, ...]
    partner: NDArray[np.int32]
    split: NDArray[np.uint8]
    places: NDArray[np.int64]
    listed: Mapping[str, int]


def arrange(pairs: Iterable[Pair], listed: Mapping[str, int]) -> Dyads:
    """Put pairs in order.

    Args:
        pairs: Each once.
        listed: Pairs of each split, those that were left out included.
    """
    clips: list[str] = []
    partner: list[int] = []
    split: list[int] = []
    places: list[int] = []
    grouped: dict[str, list[Pair]] = {name: [] for name in SPLITS}
    for pair in pairs:
        grouped[pair.split].append(pair)
    for number, (name, inside) in enumerate(grouped.items()):
        first, half = len(clips), len(inside)
        clips += [*(pair.first for pair in inside), *(pair.second for pair in inside)]
        partner += [*range(first + half, first + 2 * half), *range(first, first + half)]
        places += [*(pair.place for pair in inside), *(pair.place + listed.get(name, half) for pair in inside)]
        split += [number] * (2 * half)
    return Dyads(
        clips=tuple(clips),
        partner=np.array(partner, np.int32),
        split=np.array(split, np.uint8),
        places=np.array(places, np.int64),
        listed={name: 2 * listed.get(name, len(inside)) for name, inside in grouped.items()},
    )


def from_links(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Pair], Counter[str]]:
    """Pairs of the catalog's partner links, sorted, and how many clips were left out and why.

    Args:
        rows: Of the catalog, for the clips that no stage failed on.
    """
    known = {row["clip"]: row for row in rows}
    skipped, listed = Counter[str](), Counter[str]()
    found: list[tuple[str, str, str]] = []
    for clip, row in sorted(known.items()):
        if reason := _unfit(row, known):
            skipped[reason] += 1
        elif (_rank(row), clip) < (_rank(known[row["partner"]]), row["partner"]):
            found.append((row["split"], clip, row["partner"]))
    pairs = []
    for split, first, second in sorted(found):
        pairs.append(Pair(split, first, second, listed[split]))
        listed[split] += 1
    return pairs, skipped


def _rank(row: Mapping[str, Any]) -> int:
    return 0 if row["role"] in TALKS else 1


def _unfit(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str | None:
    partner = row["partner"]
    if partner is None:
        return "no partner"
    if partner not in known:
        return "partner could not be extracted"
    if known[partner]["partner"] != row["clip"]:
        return "partner has another partner"
    return "partner in another split" if known[partner]["split"] != row["split"] else None


def from_lists(
    lists: Mapping[str, Sequence[tuple[str, str]]], names: Mapping[str, str]
) -> tuple[list[Pair], Counter[str]]:
    """Pairs of the challenge's lists, in their order, and how many listed clips were left out and why.

    Args:
        lists: Names of first and second members by split.
        names: Clip of each `<split>/<name>`, for the clips that no stage failed on.

    Raises:
        InputError: no listed pair is there.
    """
    skipped = Counter[str]()
    pairs = []
    for split, rows in lists.items():
        for place, members in enumerate(rows):
            first, second = (names.get(f"{split}/{name}") for name in members)
            if first is None or second is None:
                skipped["listed, but it or its partner is not there"] += 2
            else:
                pairs.append(Pair(split, first, second, place))
    if not pairs:
        first_row = next((rows[0] for rows in lists.values() if rows), ("nothing",))
        raise InputError(
            f"pack.reaction.lists: no listed pair is among the recordings; the first is {' and '.join(first_row)}."
        )
    return pairs, skipped
