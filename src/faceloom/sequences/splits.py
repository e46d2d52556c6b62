"""Training, validation and test without a person in two of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

SPLITS: Final = ("test", "val", "train")


def groups(keys: Mapping[str, Iterable[Hashable]]) -> dict[str, str]:
    """Groups of clips that share anything, directly or through others: a subject's sessions, a session's two people.

    Args:
        keys: What each clip must not be separated from (its subject, its session); none for a clip of its own.

    Returns:
        Group of each clip, named after the first (in sorted order) of the keys in it, or the clip itself.
    """
    parent: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    listed = {clip: list(own) or [clip] for clip, own in keys.items()}
    for first, *others in listed.values():
        for other in others:
            parent[root(other)] = root(first)
    names: dict[Hashable, str] = {}
    for own in listed.values():
        for key in own:
            names[root(key)] = min(names.get(root(key), str(key)), str(key))
    return {clip: names[root(own[0])] for clip, own in listed.items()}


def assign(names: Sequence[str], val: float, test: float) -> dict[str, str]:
    """Split of each group: its name's hash as a number in [0, 1) is below `test`, below `test + val`, or neither.

    So a new group moves no other one. The exception are few groups: while there are at least three, a split with a
    share above 0 that came out empty takes, from a split with the most groups, the one whose hash lies nearest to its
    own interval.

    Args:
        names: Groups.
        val: Share for validation.
        test: Share for test.
    """
    places = {name: _uniform(name) for name in sorted(set(names))}
    bounds = {"test": (0.0, test), "val": (test, test + val), "train": (test + val, 1.0)}
    splits = {name: next((s for s in SPLITS if place < bounds[s][1]), "train") for name, place in places.items()}
    for split, (low, high) in bounds.items():
        if len(places) >= 3 and high > low and split not in splits.values():
            members = {other: [name for name in places if splits[name] == other] for other in SPLITS}
            largest = max(members.values(), key=len)
            splits[min(largest, key=lambda name: _distance(places[name], low, high))] = split
    return splits


def _uniform(name: str) -> float:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") / 2**64


def _distance(place: float, low: float, high: float) -> float:
    return max(low - place, place - high, 0.0)
