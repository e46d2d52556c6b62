"""Reading all of FER2013: `python benchmarks/read_csv.py [--out] [--file FILE]`.

Ours (`faceloom.stills`, from the file to labels and uint8 pictures, chunk by chunk, all kept) against
`pandas.read_csv` and a Python loop over its rows, `np.fromstring` or `str.split` on each. From the .gz, and from the
same file unpacked. Each way runs in a process of its own, and what its libraries take to import is left out: processor
time and peak memory, best of several runs; a compiled scanner is in numba's cache after the first.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gzip
import importlib
import json
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

FILE = Path("../shared/datasets/fer2013/fer2013.csv.gz")
RESULTS = Path(__file__).parent / "results"
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
    """Print processor seconds, megabytes and a checksum of one way, for the parent process."""
    warnings.simplefilter("ignore")
    read = {"faceloom": ours, "fromstring": fromstring, "split": split}[way]
    importlib.import_module("faceloom.stills.tables" if way == "faceloom" else "pandas")
    start, wall = time.process_time(), time.perf_counter()
    images = read(path)
    spent = time.process_time() - start, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([*spent, peak, len(images), int(images.sum(dtype=np.int64))]))


def best(way: str, path: Path, runs: int) -> list[float]:
    """The fastest of several runs."""
    command = [sys.executable, __file__, "--measure", way, "--file", str(path)]
    found = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(runs)]
    return min(json.loads(run) for run in found)


def table(path: Path, runs: int) -> str:
    """Both forms of the file by every way, as Markdown."""
    lines = ["| file | way | processor s | ours as a share of it | wall s | peak MB |", "|---|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "fer2013.csv"
        with gzip.open(path) as packed, plain.open("wb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
        for file in (path, plain):
            found = {way: best(way, file, runs) for way in WAYS}
            if len({tuple(values[3:]) for values in found.values()}) > 1:
                sys.exit("the ways read different pictures")
            for way, (seconds, wall, peak, *_) in found.items():
                share = found["faceloom"][0] / seconds
                lines.append(f"| {file.name} | {way} | {seconds:.2f} | {share:.2f} | {wall:.2f} | {peak:.0f} |")
            lines.append(_verdict(file.name, found))
    return "\n".join(lines)


def _verdict(name: str, found: dict[str, list[float]]) -> str:
    ours = found["faceloom"]
    shares = {way: ours[0] / found[way][0] <= LARGEST_SHARE for way in WAYS[1:]}
    words = ", ".join(f"a third of {way}: {'held' if held else 'missed'}" for way, held in shares.items())
    return f"| {name} | {words}; {LARGEST_MB} MB: {'held' if ours[2] < LARGEST_MB else 'missed'} | | | | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", action="store_true", help="write a dated file under benchmarks/results")
    parser.add_argument("--file", type=Path, default=FILE)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure(options.measure, options.file)
    if not options.file.is_file():
        return print(f"{options.file}: absent, nothing to measure")
    text = table(options.file, options.runs)
    print(text)
    if options.out:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        head = f"# Reading FER2013\n\n`python benchmarks/read_csv.py --out`, commit {commit}, {platform.processor()}"
        out = RESULTS / f"{dt.date.today()}-read-csv.md"
        out.write_text(f"{head}, Python {platform.python_version()}\n\n{text}\n", encoding="utf-8")
    return None


if __name__ == "__main__":
    main()
