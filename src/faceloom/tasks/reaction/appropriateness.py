"""Which real reactions suit a speaker: a matrix that the data set brings, or one derived from how speakers behave.

Entry (i, j) is 1 when the real reaction to speaker j is appropriate for speaker i: symmetric, with a unit diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.tasks.reaction.data import SPLITS
from faceloom.tasks.reaction.dyads import Dyads

Matrix = NDArray[np.uint8]
Floats = NDArray[np.float32]

SUFFIXES: Final = (".npy", ".npz", ".csv")


def read(path: Path) -> Matrix:
    """A matrix (n, n) of .npy, .npz (its only array) or .csv (numbers, no header).

    Raises:
        InputError: no such file, or not a square, symmetric matrix of 0 and 1 with a unit diagonal.
    """
    try:
        values = _array(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; correct pack.reaction.appropriateness.") from None
    except (ValueError, OSError, EOFError, KeyError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise InputError(f"{path}: not a matrix ({reason}); it needs one array of 0 and 1.") from None
    return _checked(path, values)


def _array(path: Path) -> NDArray[Any]:
    if path.suffix == ".csv":
        return np.loadtxt(path, delimiter=",", ndmin=2)
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded
    with loaded:
        if len(loaded.files) != 1:
            raise ValueError(f"it holds {len(loaded.files)} arrays")
        array: NDArray[Any] = loaded[loaded.files[0]]
        return array


def _checked(path: Path, values: NDArray[Any]) -> Matrix:
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise InputError(f"{path}: shape {values.shape} is not square; it needs a row and a column for each clip.")
    if not np.isin(values, (0, 1)).all():
        raise InputError(f"{path}: holds other values than 0 and 1; round or threshold it first.")
    if not values.diagonal().all():
        first = int((values.diagonal() == 0).argmax())
        raise InputError(f"{path}: row {first} has 0 on the diagonal; a real reaction suits its own speaker.")
    if (values != values.T).any():
        raise InputError(f"{path}: not symmetric; alike is mutual.")
    matrix: Matrix = values.astype(np.uint8)
    return matrix


def find(
    brought: Path | None, behaviour: Sequence[Floats], dyads: Dyads, share: float
) -> tuple[Matrix, dict[str, str]]:
    """Matrix (N, N): what the data set brings, `derive` in the splits for which it brings nothing.

    Args:
        brought: File or folder as for `assemble`, or None.
        behaviour: Attributes (T, 25) of each clip.
        dyads: Their clips.
        share: As for `derive`.

    Returns:
        The matrix, and for each split its file or `derived`.
    """
    matrix, files = (np.zeros((len(behaviour),) * 2, np.uint8), {}) if brought is None else assemble(brought, dyads)
    missing = [k for k, split in enumerate(SPLITS) if split not in files and (dyads.split == k).any()]
    if missing:
        derived = derive([summary(values) for values in behaviour], dyads.split, share)
        # the reaction to one's partner is one's own face: listeners mirror, but nobody reacts by being themselves,
        # and where it counted as a reaction, copying the speaker would be without fault
        derived[np.arange(len(dyads.partner)), dyads.partner] = 0
        matrix |= derived * np.isin(dyads.split, missing)[:, None]
    return matrix, dict.fromkeys(SPLITS, "derived") | files


def assemble(path: Path, dyads: Dyads) -> tuple[Matrix, dict[str, str]]:
    """Matrix (N, N) of what the data set brings, and which splits came from which file; other splits are left 0.

    Args:
        path: A file for all listed clips (train, val, test), or a folder with one whose name holds the split's.
        dyads: Their `places` choose the rows, so that a recording that is missing takes no other one's row.

    Raises:
        InputError: a file is absent or wrong, or has another number of rows than the split has clips.
    """
    out = np.zeros((len(dyads.clips),) * 2, np.uint8)
    if path.is_dir():
        files = {split: found for split in SPLITS if (found := _file_of(path, split))}
        if not files:
            raise InputError(f"{path}: holds no matrix named after train, val or test (.npy, .npz or .csv).")
        for split, file in files.items():
            inside = np.flatnonzero(dyads.split == SPLITS.index(split))
            places = dyads.places[inside]
            out[np.ix_(inside, inside)] = _sized(file, dyads.listed[split])[np.ix_(places, places)]
        return out, {split: file.name for split, file in files.items()}
    starts = np.cumsum([0, *(dyads.listed[split] for split in SPLITS)])
    places = dyads.places + starts[dyads.split]
    whole = _sized(path, int(starts[-1]))[np.ix_(places, places)]
    return whole * within(dyads.split), dict.fromkeys(SPLITS, path.name)


def _file_of(folder: Path, split: str) -> Path | None:
    """The first file by name that mentions a split and is no list of recordings."""
    files = [path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES and split in path.stem]
    return next((path for path in files if path.stem not in (split, f"{split}_idx")), None)


def _sized(path: Path, size: int) -> Matrix:
    matrix = read(path)
    if len(matrix) != size:
        raise InputError(
            f"{path}: {len(matrix)} rows for {size} clips; give the matrix of exactly these, or the lists that it was "
            "made for (pack.reaction.lists)."
        )
    return matrix


def within(split: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where two clips are of one split (N, N)."""
    same: NDArray[np.bool_] = split[:, None] == split
    return same


def summary(attributes: Floats) -> Floats:
    """How a speaker behaves (50,): mean and deviation over time of the 25 attributes (T, 25)."""
    wide = attributes.astype(np.float64)
    return np.concatenate([wide.mean(axis=0), wide.std(axis=0)]).astype(np.float32)


def derive(summaries: Sequence[Floats] | Floats, split: NDArray[np.uint8], share: float) -> Matrix:
    """Matrix (N, N) of speakers who behave alike.

    A speaker's profile is the summary relative to the average training speaker, each column in deviations of the
    training speakers. Two speakers are alike when their profiles' directions are nearer (by cosine) than those of a
    `share` of all pairs of training speakers, and within a split.

    Args:
        summaries: (N, width).
        split: (N,), 0 is training.
        share: Of the pairs, 0-1.

    Raises:
        InputError: fewer than two training clips.
    """
    values = np.asarray(summaries, np.float64)
    training = split == 0
    if training.sum() < 2:
        raise InputError("pack.reaction.alike: needs at least two training clips; add recordings or bring a matrix.")
    deviation = values[training].std(axis=0)
    profile = np.where(deviation > 1e-6, values - values[training].mean(axis=0), 0) / np.maximum(deviation, 1e-6)
    length = np.linalg.norm(profile, axis=1, keepdims=True)
    direction = profile / np.maximum(length, 1e-12)
    likeness = direction @ direction.T
    likeness = (likeness + likeness.T) / 2  # a product of blocks need not be symmetric to the last bit
    pairs = likeness[np.ix_(training, training)][np.triu_indices(int(training.sum()), 1)]
    matrix: Matrix = ((likeness >= np.quantile(pairs, 1 - share)) & within(split)).astype(np.uint8)
    np.fill_diagonal(matrix, 1)
    return matrix
