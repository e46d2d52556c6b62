"""Reading all of FER2013: `python benchmarks/read_csv.py [--out] [--file FILE]`.

Ours (`faceloom.stills`, from the file to labels and uint8 pictures, chunk by chunk, all kept) against
`pandas.read_csv` and a Python loop over its rows, `np.fromstring` or `str.split` on each. From the .gz, and from the
same file unpacked. Each way runs in a process of its own and reads a file of two rows first, so that its libraries are
loaded (numba and pandas import parts of themselves when first used); that start is a column of its own, imports
included. Time on the processor and on the clock and peak memory are of the run with the least processor time.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from _script import need, parser, report

FILE = Path("../shared/datasets/fer2013/fer2013.csv.gz")
WAYS = ("faceloom", "fromstring", "split")
LARGEST_MB, LARGEST_SHARE = 600, 1 / 3


def ours(path: Path) -> np.ndarray:
    from faceloom.stills.faces import Skips
    from faceloom.stills.tables import open_table

    return np.concatenate([chunk.images for chunk in open_table(path).chunks(Skips(path.name))])


def fromstring(path: Path) -> np.ndarray:
    import pandas as pd

    return np.stack([np.fromstring(text, np.uint8, sep=" ").reshape(48, 48) for text in pd.read_csv(path)["pixels"]])


def split(path: Path) -> np.ndarray:
    import pandas as pd

    return np.stack([np.array(text.split(), np.uint8).reshape(48, 48) for text in pd.read_csv(path)["pixels"]])


def measure(way: str, path: Path) -> None:
    """Print seconds on the processor, on the clock and to start, megabytes and a checksum of one way."""
    read = {"faceloom": ours, "fromstring": fromstring, "split": split}[way]
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.csv"
        row = "0," + " ".join(["7"] * 48 * 48) + ",Training\n"
        small.write_text("emotion,pixels,Usage\n" + row * 2)
        read(small)
    start, wall = time.process_time(), time.perf_counter()
    images = read(path)
    spent = time.process_time() - start, time.perf_counter() - wall, start - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([*spent, peak, len(images), int(images.sum(dtype=np.int64))]))


def best(way: str, path: Path, runs: int) -> list[float]:
    """The fastest of several runs."""
    command = [sys.executable, __file__, "--measure", way, "--file", str(path)]
    found = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(runs)]
    return min(json.loads(run) for run in found)


def table(path: Path, runs: int) -> str:
    """Both forms of the file by every way, as Markdown."""
    lines = ["| file | way | processor s | ours / it | wall s | ours / it | start s | peak MB |", "|---" * 8 + "|"]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fer2013.csv"
        with gzip.open(path) as packed, plain.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        verdicts = []
        for file in (path, plain):
            found = {way: best(way, file, runs) for way in WAYS}
            if len({tuple(values[4:]) for values in found.values()}) > 1:
                sys.exit("the ways read different pictures")
            for way, (seconds, wall, start, peak, *_) in found.items():
                shares = [found["faceloom"][k] / (seconds, wall)[k] for k in (0, 1)]
                cells = f"{seconds:.2f} | {shares[0]:.2f} | {wall:.2f} | {shares[1]:.2f} | {start:.2f} | {peak:.0f}"
                lines.append(f"| {file.name} | {way} | {cells} |")
            verdicts.append(_verdict(file.name, found))
    return "\n".join([*lines, "", *verdicts])


def _verdict(name: str, found: dict[str, list[float]]) -> str:
    ours = found["faceloom"]
    words = [
        f"a third of {way}'s {unit} time {_word(ours[k] <= found[way][k] * LARGEST_SHARE)}"
        for way in WAYS[1:]
        for k, unit in enumerate(("processor", "wall"))
    ]
    return f"- {name}: {', '.join(words)}; {LARGEST_MB} MB {_word(ours[3] < LARGEST_MB)}"


def _word(held: bool) -> str:
    return "held" if held else "missed"


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--file", type=Path, default=FILE)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.measure:
        measure(options.measure, options.file)
        return
    need(options.file, give="lay it there, or give another with --file")
    report("Reading FER2013", [table(options.file, options.runs)], out=options.out)


if __name__ == "__main__":
    main()
