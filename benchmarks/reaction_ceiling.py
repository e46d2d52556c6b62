"""How well a listener can be predicted at all, before any network: a ridge regression on the truth of drawn dyads.

`python benchmarks/reaction_ceiling.py [--dyads 12 28 60] [--packed data/packed/reaction.h5] [--out]`. Motions are
drawn, not rendered: half a second a dyad. What a speaker shows and says (means of fifths of a second up to 0.8 s ago,
mean and deviation so far) predicts the 25 attributes of the listener; `contrast` doubles what a prediction differs from
its own mean. With `--packed` the same on a packed file, so on estimates. Numbers are FRCorr (higher is better) and
FRDist.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from _script import need, parser, report
from faceloom.metrics.reaction import baselines, evaluate
from faceloom.params import PackReaction
from faceloom.studio.dyads import ROLES, Take, direct
from faceloom.studio.prosody import melody
from faceloom.studio.talk import RATE
from faceloom.studio.truth import label_columns
from faceloom.tasks.reaction import appropriateness, attributes, data
from faceloom.tasks.reaction.cues import cues

Floats = NDArray[np.float32]
Matrix = NDArray[np.uint8]
STREAMS = ("facial", "head_pose", "mfcc", "cues")
LAGS = (0, 5, 10, 15, 20)
WINDOW = 5
STRENGTH = 1e4


@dataclass(frozen=True)
class Side:
    """One direction of a dyad: what is known of the speaker, and the attributes of both."""

    known: Floats
    speaker: Floats
    listener: Floats


def drawn(seed: int, index: int, seconds: float) -> list[Side]:
    """Both directions of a studio dyad, from its truth."""
    takes = direct(seed, index, seconds, 32).takes
    faces = {role: attributes.face(pa.table(label_columns(takes[role].motion.units))) for role in ROLES}
    shown = {role: attributes.presence(faces[role], PackReaction().present) for role in ROLES}
    known = {role: np.concatenate([faces[role], takes[role].motion.angles, _heard(takes[role])], 1) for role in ROLES}
    return [Side(known[a], shown[a], shown[b]) for a, b in (ROLES, ROLES[::-1])]


def _heard(take: Take) -> Floats:
    tune = melody(take.talk.samples, RATE, len(take.motion.units))
    return cues(tune.f0, tune.f0 > 0)


def packed(path: Path) -> dict[str, list[Side]]:
    """Sides of a packed file by split."""
    file = data.load(path)

    def side(k: int) -> Side:
        clip = file.clip(k)
        known = np.concatenate([clip.features[name] for name in STREAMS if name in file.widths], 1)
        return Side(np.nan_to_num(known.astype(np.float32)), clip.attributes, file.clip(file.listener(k)).attributes)

    return {split: [side(int(k)) for k in file.of(split)] for split in data.SPLITS}


def described(known: Floats) -> Floats:
    """Standardised features (T, n) to mean and deviation so far, and means of short windows some time ago."""
    count = np.arange(1, len(known) + 1)[:, None]
    mean = known.cumsum(0) / count
    deviation = np.sqrt(np.maximum((known**2).cumsum(0) / count - mean**2, 0))
    start = np.concatenate([np.repeat(known[:1], LAGS[-1] + WINDOW, 0), known])
    total = np.concatenate([np.zeros_like(start[:1]), start]).cumsum(0)
    at = np.arange(len(known)) + LAGS[-1] + WINDOW + 1
    windows = [(total[at - lag] - total[at - lag - WINDOW]) / WINDOW for lag in LAGS]
    return np.concatenate([mean, deviation, *windows], 1)


def predictions(train: Sequence[Side], test: Sequence[Side]) -> Floats:
    """Listeners (N, T, 25) of test speakers."""
    mean, scale = (of(np.concatenate([side.known for side in train]), axis=0) for of in (np.mean, np.std))
    rows = [described((side.known - mean) / np.maximum(scale, 1e-6)) for side in (*train, *test)]
    x, y = np.concatenate(rows[: len(train)]), np.concatenate([side.listener for side in train])
    weights = np.linalg.solve(x.T @ x + STRENGTH * np.eye(x.shape[1]), x.T @ (y - y.mean(0)))
    return np.stack([row @ weights + y.mean(0) for row in rows[len(train) :]]).astype(np.float32)


def derived(train: Sequence[Side], test: Sequence[Side]) -> Matrix:
    """Which test reactions suit which test speakers, by the rule of the packing."""
    profiles = [appropriateness.summary(side.speaker) for side in (*train, *test)]
    split = np.array([0] * len(train) + [2] * len(test), np.uint8)
    alike = appropriateness.derive(profiles, split, 0.1)[len(train) :, len(train) :]
    alike[np.arange(len(test)), np.arange(len(test)) ^ 1] = 0  # the two of a dyad
    return alike


def scores(name: str, train: Sequence[Side], test: Sequence[Side], alike: Matrix) -> Iterator[str]:
    """The scores of the regression and of the naive predictors."""
    real, speaker = np.stack([side.listener for side in test]), np.stack([side.speaker for side in test])
    found = predictions(train, test)
    level = found.mean(1, keepdims=True)
    rows = dict(baselines(real, speaker, np.stack([side.listener for side in train]), 10))
    rows |= {"regression": np.repeat(found[:, None], 10, 1)}
    rows |= {"regression, contrast": np.repeat((level + 2 * (found - level))[:, None], 10, 1)}
    for predictor, row in rows.items():
        score = evaluate(row, real, speaker, alike)
        yield f"| {name} | {predictor} | {score['FRCorr']:.3f} | {score['FRDist']:.2f} |"


def table(chosen: argparse.Namespace) -> Iterator[str]:
    """Line by line."""
    yield from ("| training dyads | predictor | FRCorr | FRDist |", "| --- | --- | --- | --- |")
    if chosen.packed:
        file, sides = data.load(chosen.packed), packed(chosen.packed)
        inside = np.ix_(file.of("test"), file.of("test"))
        name = f"{len(sides['train']) // 2}, as packed"
        yield from scores(name, sides["train"], sides["test"], file.appropriate[inside])
        return
    dyads = [drawn(chosen.seed, k, chosen.seconds) for k in range(max(chosen.dyads) + 12)]
    test = [side for dyad in dyads[-12:] for side in dyad]
    for n in chosen.dyads:
        train = [side for dyad in dyads[:n] for side in dyad]
        yield from scores(f"{n}, truth", train, test, derived(train, test))


def main() -> None:
    """Print a table."""
    arguments = parser(__doc__)
    arguments.add_argument("--dyads", type=int, nargs="+", default=[12, 28, 60])
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--seconds", type=float, default=10.0)
    arguments.add_argument("--packed", type=Path)
    chosen = arguments.parse_args()
    if chosen.packed:
        need(chosen.packed, give="run `dvc repro pack@reaction`, or leave --packed out")
    report("What a ridge regression makes of a listener", table(chosen), out=chosen.out)


if __name__ == "__main__":
    main()
