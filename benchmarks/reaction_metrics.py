"""Reaction metrics against the published way: `python benchmarks/reaction_metrics.py [--kinds ..] [--full] [--out]`.

64 clips, 10 samples, 750 frames, numbers of appropriate reactions drawn as in the real validation matrix. The published
way is the plain implementation of the tests with tslearn's DTW (`pip install tslearn`), a pair at a time. `--pairs` of
its pairs are measured and scaled up; `--whole` measures all (about a quarter of an hour for each kind). Both sides are
processor time, so that a busy machine changes both alike, and both spread over cores by clips. `--full` is the real
size, 1,678 clips and 46,214 pairs of clips, of which `--share` of the clips is measured (1: all) and scaled by pairs.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from _script import parser, report, skip
from faceloom.metrics.reaction.evaluation import evaluate
from faceloom.metrics.reaction.nearest import nearest, prepare_real

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/metrics/reaction"))
import made
import reference

try:
    from tslearn.metrics import dtw
except ImportError:
    dtw = None

Array = npt.NDArray[np.float32]

DEGREES = (0, 0.297, 0.353, 0.387, 0.418, 0.446, 0.469, 0.480, 0.495, 0.504, 0.516, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1)
SIZES = (1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 31, 51, 86, 119, 163, 196)
"""Shares of the clips of the real validation matrix that have at most so many appropriate reactions."""

FRAMES, SAMPLES = 750, 10
CLIPS, PAIRS = 1678, 46214
HEADER = [
    "| predictions | pairs of sequences | of them by the published way | FRDist s, published / ours "
    "| all six s, published / ours | our ms a pair | minima differ |",
    "|---|---|---|---|---|---|---|",
]
KINDS = ("smooth", "decoded", "jumping", "near", "uniform")


def neighbours(rng: np.random.Generator, clips: int) -> npt.NDArray[np.uint8]:
    """Rows as full as those of the real matrix."""
    sizes = np.ceil(np.interp(rng.permutation((np.arange(clips) + 0.5) / clips), DEGREES, SIZES)).astype(int)
    matrix = np.eye(clips, dtype=np.uint8)
    for k, size in enumerate(np.minimum(sizes, clips)):
        others = np.delete(np.arange(clips), k)
        matrix[k, rng.choice(others, size - 1, replace=False)] = 1
    return matrix


def predictions(rng: np.random.Generator, real: Array, kind: str) -> Array:
    """Reactions (clips, 10, T, 25): unrelated smooth ones, decoded tokens (held or jumping), near ones."""
    shape = (len(real), SAMPLES, *real.shape[1:])
    count, frames = shape[0] * shape[1], shape[2]
    if kind == "uniform":
        return rng.random(shape, np.float32)
    if kind == "decoded":
        return made.decoded(rng, count, frames).reshape(shape)
    if kind == "jumping":
        one, other = made.decoded(rng, count, frames), made.decoded(rng, count, frames)
        return np.where(rng.random((count, frames, 1)) < 0.25, one, other).reshape(shape)
    smooth = made.smooth(rng, count, frames).reshape(shape)
    if kind == "near":
        smooth = 0.7 * real[:, None] + 0.3 * smooth
        smooth[..., :15] = smooth[..., :15] > 0.5
    return smooth


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of the whole process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def published_distance(x: Array, y: Array) -> float:
    """Of one pair, nothing abandoned."""
    return sum(weight * float(dtw(x[:, a:b], y[:, a:b])) for a, b, weight in reference.STREAMS)


def published(
    pred: Array, real: Array, speaker: Array, matrix: npt.NDArray[np.uint8], pairs: int, lags: int
) -> dict[str, float]:
    """Processor seconds of each part for the whole set, estimated from some of its pairs of sequences and clips."""
    rng = np.random.default_rng(1)
    every = [(k, i, n) for k, n in np.argwhere(matrix) for i in range(SAMPLES)]
    chosen = [every[k] for k in rng.permutation(len(every))[:pairs]]
    scored = [*range(len(pred))][:lags]
    dtw(pred[0, 0, :, :2], real[0, :, :2])
    scale = len(every) / len(chosen)
    each = {
        "FRCorr": seconds(lambda: [reference.ccc(real[n], pred[k, i]) for k, i, n in chosen]) * scale,
        "FRDist": seconds(lambda: [published_distance(pred[k, i], real[n]) for k, i, n in chosen]) * scale,
        # The published parallel code scores one of the ten.
        "FRSyn": seconds(lambda: [reference.lag(pred[k, 0], speaker[k], True) for k in scored]) / lags * len(pred),
        "spread": seconds(lambda: (reference.frdiv(pred), np.var(pred, axis=2, ddof=1).mean(), reference.frdvs(pred))),
    }
    return each | {"all": sum(each.values())}


def compare(kind: str, clips: int, pairs: int, check: int) -> str:
    """One line of the table; all is measured where `pairs` is 0."""
    rng = np.random.default_rng(0)
    real, speaker, matrix = made.smooth(rng, clips, FRAMES), made.smooth(rng, clips, FRAMES), neighbours(rng, clips)
    pred = predictions(rng, real, kind)
    prepared = prepare_real(real)
    evaluate(pred[:1, :2], real[:1], speaker[:1], np.eye(1, dtype=np.uint8))  # loads what is compiled
    ours: dict[str, float] = {"all": seconds(lambda: evaluate(pred, real, speaker, matrix))}
    rows = [np.flatnonzero(row) for row in matrix]
    ours["FRDist"] = seconds(lambda: [nearest(pred[k], prepared, row) for k, row in enumerate(rows)])
    count = int(matrix.sum()) * SAMPLES
    theirs = published(pred, real, speaker, matrix, pairs or count, 3 if pairs else clips)
    same = "not compared"
    if check:
        k = int(np.argsort([abs(len(row) - 20) for row in rows])[0])
        plain = [min(published_distance(pred[k, i], real[n]) for n in rows[k]) for i in range(check)]
        same = f"{max(abs(np.array(plain) - nearest(pred[k, :check], prepared, rows[k])) / np.array(plain)):.0e}"
        same += f" ({check} x {len(rows[k])} pairs)"
    cells = [f"{theirs[name]:.0f} / {ours[name]:.1f} = {theirs[name] / ours[name]:.0f}x" for name in ("FRDist", "all")]
    each = ours["FRDist"] / count * 1e3
    return f"| {kind} | {count:,} | {pairs or count:,} | {' | '.join(cells)} | {each:.2f} | {same} |"


def full(kind: str, share: float) -> str:
    """The real size from memory-mapped files; a smaller share has fewer clips with as many neighbours each."""
    rng = np.random.default_rng(0)
    clips = round(CLIPS * share)
    matrix = neighbours(rng, clips)
    with tempfile.TemporaryDirectory() as folder:
        sizes = {"real": (clips, FRAMES, 25), "speaker": (clips, FRAMES, 25), "pred": (clips, SAMPLES, FRAMES, 25)}
        files = {n: np.lib.format.open_memmap(Path(folder) / f"{n}.npy", "w+", np.float32, z) for n, z in sizes.items()}
        for start in range(0, clips, 16):
            rows = slice(start, min(start + 16, clips))
            for name in ("real", "speaker"):
                files[name][rows] = made.smooth(rng, rows.stop - start, FRAMES)
            files["pred"][rows] = predictions(rng, files["real"][rows], kind)
        started = time.monotonic()
        spent = seconds(lambda: evaluate(files["pred"], files["real"], files["speaker"], matrix))
        waited = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    whole = spent * PAIRS / matrix.sum() / 60
    return (
        f"{kind}: {clips} of {CLIPS} clips, {matrix.sum()} of {PAIRS} pairs of clips: {spent:.0f} s of processor time "
        f"({waited:.0f} s on the clock), {whole:.1f} core minutes for all, {whole / 2:.1f} minutes on 2 cores; peak "
        f"memory {peak:.1f} GB with what the benchmark itself holds"
    )


def table(options: argparse.Namespace) -> Iterator[str]:
    """Line by line."""
    yield from () if options.full else HEADER
    for kind in options.kinds:
        if options.full:
            yield f"- {full(kind, options.share)}"
        else:
            yield compare(kind, options.clips, 0 if options.whole else options.pairs, options.check)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    arguments.add_argument("--clips", type=int, default=64)
    arguments.add_argument("--pairs", type=int, default=24, help="pairs of the published way that are measured")
    arguments.add_argument("--whole", action="store_true", help="measure all pairs of the published way")
    arguments.add_argument("--check", type=int, default=2, help="samples of one clip whose minima are compared")
    arguments.add_argument("--full", action="store_true")
    arguments.add_argument("--share", type=float, default=0.12)
    options = arguments.parse_args()
    if dtw is None and not options.full:
        skip("the published way needs tslearn; run `pip install tslearn`, or give --full to time ours alone.")
    report("Reaction metrics against the published way", table(options), out=options.out)


if __name__ == "__main__":
    main()
