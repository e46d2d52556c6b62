"""Metrics of generated reactions that lie in files: what `faceloom score` does."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.metrics.reaction.baselines import baselines as naive
from faceloom.metrics.reaction.checks import WIDTH, Rows, check, check_finite
from faceloom.metrics.reaction.evaluation import evaluate
from faceloom.metrics.reaction.realism import frechet_distance
from faceloom.progress import bar
from faceloom.realism.weights import OPTION, VARIABLE
from faceloom.runtime import Runtime

Row = dict[str, float]

FORMATS: Final = (".json", ".csv")
OWN_MEAN: Final = "*"
"""Marks means over the very reactions that are scored."""

OWN_MEAN_NOTE: Final = "* the mean of the very reactions that are scored; --train-real names others."
WITHOUT_REALISM: Final = (
    "FRRea is left out: it compares rendered frames by the features of an Inception network whose weights are not part "
    "of this project; give --inception FILE, or --features and --real-features."
)


@dataclass(frozen=True)
class Inputs:
    """The memory-mapped files of one evaluation; `train_real` is None where the means are those of `real` itself."""

    name: str
    pred: Rows
    real: Rows
    speaker: Rows
    appropriate: NDArray[Any]
    train_real: Rows | None = None

    @classmethod
    def open(
        cls, predictions: Path, real: Path, speaker: Path, appropriate: Path, train_real: Path | None = None
    ) -> Inputs:
        """Open and check all files; predictions are read once in search of NaN.

        Raises:
            InputError: If a file is missing, is no array, or disagrees with the others.
        """
        arrays = (array(predictions), array(real), array(speaker), array(appropriate))
        check(*arrays)
        train = array(train_real) if train_real else None
        if train is not None:
            _check_train(train, arrays[1])
        return cls(predictions.stem, *arrays, train)

    @property
    def clips(self) -> int:
        """How many there are."""
        return self.real.shape[0]

    def names(self, with_baselines: bool) -> list[str]:
        """Of the rows of the table."""
        return list(self.rows(with_baselines))

    def rows(self, with_baselines: bool) -> dict[str, Rows]:
        """What is scored: the predictions, then the naive predictors."""
        rows = {self.name: self.pred}
        if with_baselines:
            train = self.real if self.train_real is None else self.train_real
            rows |= naive(self.real, self.speaker, train, samples=self.pred.shape[1])
        if with_baselines and self.train_real is None:
            rows = {f"{name}{OWN_MEAN}" if name.startswith("mean ") else name: row for name, row in rows.items()}
        return rows


def score(
    inputs: Inputs,
    with_baselines: bool,
    rendered: Mapping[str, float] | None = None,
    advance: Callable[[], object] = lambda: None,
) -> dict[str, Row]:
    """The table: metrics by row.

    Args:
        inputs: The files.
        with_baselines: Whether to score the naive predictors too.
        rendered: FRRea by row, where it is known.
        advance: Called for each clip of each row.
    """
    arrays = (inputs.real, inputs.speaker, inputs.appropriate)
    workers = Runtime.load().workers
    table = {
        name: evaluate(pred, *arrays, workers=workers, advance=advance, checked=True)
        for name, pred in inputs.rows(with_baselines).items()
    }
    for name, distance in (rendered or {}).items():
        table[name]["FRRea"] = distance
    return table


def notes(table: dict[str, Row]) -> list[str]:
    """What a reader of the table must know, one sentence each."""
    own_mean = [OWN_MEAN_NOTE] if any(name.endswith(OWN_MEAN) for name in table) else []
    return own_mean + ([] if any("FRRea" in row for row in table.values()) else [WITHOUT_REALISM])


def inception_weights(option: str | None, features: Path | None, real_features: Path | None) -> str | None:
    """Which weights to render with: the option's, else those that the environment names, else none.

    Raises:
        InputError: If the option is given beside files of features.
    """
    if features is None and real_features is None:
        return option or os.environ.get(VARIABLE)
    if option:
        raise InputError(f"FRRea: give {OPTION}, or --features and --real-features; not both.")
    return None


def rendered_realism(inputs: Inputs, with_baselines: bool, weights: str, stride: int) -> dict[str, float]:
    """FRRea by row, from every `stride`-th frame rendered; shows a progress bar.

    Raises:
        InputError: If the weights are absent or those of another network, or the studio's head is not installed.
    """
    from faceloom.realism.rendered import Rendering

    rendering, rows = Rendering.open(weights, stride), inputs.rows(with_baselines)
    with bar("rendered frames", rendering.frames(rows, inputs.real)) as advance:
        return rendering.distances(rows, inputs.real, advance)


def realism(inputs: Inputs, features: Path | None, real_features: Path | None) -> dict[str, float]:
    """FRRea of the predictions from two files of feature vectors; empty where neither is given.

    Raises:
        InputError: If one of the two is missing or they do not fit together.
    """
    if features is None and real_features is None:
        return {}
    if features is None or real_features is None:
        raise InputError("FRRea: it needs both --features and --real-features; give the missing one.")
    both = [array(path) for path in (features, real_features)]
    for path, vectors in zip((features, real_features), both, strict=True):
        check_finite(path.name, vectors)
    try:
        return {inputs.name: frechet_distance(*both)}
    except ValueError as error:
        raise InputError(f"{features.name}: {error}.") from None


def array(path: Path) -> NDArray[Any]:
    """A .npy file, memory-mapped, or the only array of a .npz file.

    Raises:
        InputError: If it is missing or something else; nothing is unpickled.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no such file; give the path of a .npy file.")
    try:
        loaded = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            (name,) = loaded.files
            only: NDArray[Any] = loaded[name]
            return only
    except (ValueError, OSError, EOFError):
        raise InputError(f"{path}: not one plain array; save it with numpy.save as numbers, not objects.") from None


def check_out(out: Path | None) -> None:
    """Say so before the work starts if the table could not be written.

    Raises:
        InputError: If the ending is unknown or the folder is missing.
    """
    if out and out.suffix not in FORMATS:
        raise InputError(f"{out}: `{out.suffix}` is no known format; end the name in {' or '.join(FORMATS)}.")
    if out and not out.parent.is_dir():
        raise InputError(f"{out.parent}: there is no such folder; make it first.")


def write(table: dict[str, Row], out: Path) -> None:
    """Write the table by its ending; what is not defined is null, or empty in CSV."""
    rows = {name: {key: _or_none(value) for key, value in row.items()} for name, row in table.items()}
    if out.suffix == ".json":
        out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        return
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["predictions", *next(iter(rows.values()))], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({"predictions": name, **row} for name, row in rows.items())


def shown(value: float | None) -> str:
    """A number of the table; a dash where it is not defined."""
    return "-" if value is None or math.isnan(value) else f"{value:.4f}"


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _check_train(train: NDArray[Any], real: NDArray[Any]) -> None:
    if train.ndim != 3 or train.shape[1:] != real.shape[1:] or not len(train):
        raise InputError(f"train-real: shape {train.shape} is not (clips, {real.shape[1]}, {WIDTH}), as real has it.")
    check_finite("train-real", train)
