"""Which faces are trained on, watched and tested on, without a person or a picture in two splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from faceloom.sequences.splits import assign
from faceloom.stills.packed import SPLITS

Codes = npt.NDArray[np.uint8]

DROPPED: Final = 255
"""Marks a face that no split may hold."""

TRAIN, VAL, TEST = range(3)
SEED: Final = 42
"""Of reference 2's splits."""


@dataclass(frozen=True)
class Shares:
    """Parts of the groups (people, or pictures that are equal) for validation and test."""

    val: float
    test: float


@dataclass(frozen=True)
class Split:
    """`codes` (N,), an index into SPLITS or DROPPED; how they came about; whether a face can be in two splits."""

    codes: Codes
    rule: str
    leaks: bool = False


def without_leaks(
    person: npt.NDArray[np.int32], usage: npt.NDArray[np.int8], contents: Sequence[bytes], shares: Shares
) -> Split:
    """By the data set's own `Usage`, else by person, else by content.

    Args:
        person: (N,), -1 where unknown.
        usage: (N,), the data set's own parts as indices into SPLITS, -1 where it has none. Of two parts the later one
            is the test, and validation takes a share of the other.
        contents: Hash of each picture: equal pictures are one group.
        shares: Of the groups.
    """
    if len(set(usage.tolist()) - {-1}) > 1:
        return Split(_by_usage(usage, contents, shares), "usage")
    if (person >= 0).any():
        names = [f"person {p}" if p >= 0 else c.hex() for p, c in zip(person.tolist(), contents, strict=True)]
        return Split(_hashed(names, shares), "person")
    return Split(_hashed([content.hex() for content in contents], shares), "content")


def _hashed(names: Sequence[str], shares: Shares) -> Codes:
    splits = assign(names, shares.val, shares.test)
    return np.array([SPLITS.index(splits[name]) for name in names], np.uint8)


def _by_usage(usage: npt.NDArray[np.int8], contents: Sequence[bytes], shares: Shares) -> Codes:
    """Test as given; validation as given or a share of the rest; no picture of a later split in an earlier one."""
    codes = np.where(usage < 0, TRAIN, np.where(usage == usage.max(), TEST, usage)).astype(np.uint8)
    rest = np.flatnonzero(codes == TRAIN).tolist()
    if rest and not (codes == VAL).any():
        codes[rest] = _hashed([contents[k].hex() for k in rest], Shares(shares.val, 0.0))
    for split in (VAL, TEST):
        held = {contents[k] for k in np.flatnonzero(codes == split).tolist()}
        for k in np.flatnonzero(codes < split).tolist():
            if contents[k] in held:
                codes[k] = DROPPED
    return codes


def of_the_reference(n: int, task: Literal["keypoints", "classes"]) -> Split:
    """Reference 2's splits: rows at random, whoever they show.

    Keypoints: 80/20 after augmentation, then the last 5 % of the training rows for validation, so that copies of one
    face are on both sides; classes: 90/5/5, so that one person is. Rounding and order are scikit-learn's and Keras'.
    """
    if task == "keypoints":
        train, test = _shuffled(np.arange(n), 0.2)
        train, val = np.split(train, [int(len(train) * 0.95)])
    else:
        train, held = _shuffled(np.arange(n), 0.1)
        val, test = _shuffled(held, 0.5)
    codes = np.full(n, TRAIN, np.uint8)
    codes[val], codes[test] = VAL, TEST
    return Split(codes, "reference", leaks=True)


def _shuffled(rows: npt.NDArray[np.intp], test: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """scikit-learn's train_test_split with random_state=SEED: the head of the permutation is the test part."""
    order = rows[np.random.RandomState(SEED).permutation(len(rows))]
    n_test = int(np.ceil(test * len(rows)))
    return order[n_test:], order[:n_test]
