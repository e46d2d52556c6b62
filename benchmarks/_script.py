"""What all benchmarks share: `--out`, the dated file that it writes, and how they end where an input is absent."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

RESULTS = Path(__file__).parent / "results"


def parser(doc: str) -> argparse.ArgumentParser:
    """With a script's docstring, and the flag that `make bench` gives to all of them."""
    found = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--out", action="store_true", help=f"also write benchmarks/results/<date>-{_name()}.md")
    return found


def report(title: str, lines: Iterable[str], *, out: bool) -> None:
    """Print line by line, since some take minutes, and with `out` write the file of the day.

    What an earlier run wrote there stays and the new lines come after it: runs with other arguments belong together,
    and notes by hand are not lost.
    """
    path = RESULTS / f"{dt.datetime.now(dt.UTC).date()}-{_name()}.md"
    head = f"\n{origin()}\n\n" if path.exists() else f"# {title}\n\n{origin()}\n\n"
    for line in lines:
        print(line, flush=True)
        if out:
            path.parent.mkdir(exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{head}{line}\n")
        head = ""


def origin() -> str:
    """How, of what and where: command, commit, machine. Folders of this machine say nothing elsewhere: names alone."""
    words = [f"benchmarks/{Path(sys.argv[0]).name}", *(re.sub(r"(^|=)/(.*/)?", r"\1", word) for word in sys.argv[1:])]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    load = f"load {os.getloadavg()[0]:.1f}"
    parts = [f"`python {' '.join(words)}`", f"commit {commit.stdout.strip() or 'unknown'}", _processor()]
    return ", ".join([*parts, f"{os.cpu_count()} cores", load, f"Python {platform.python_version()}"]) + "."


def need(*paths: Path, give: str) -> None:
    """Skip the script where one of these is not there; `give` says what to do about it."""
    for path in paths:
        if not path.exists():
            skip(f"{os.path.relpath(path)} is not there; {give}.")


def skip(reason: str) -> NoReturn:
    """Say why there is nothing to measure and end well, so that `make bench` goes on."""
    print(f"skipped: {reason}")
    sys.exit(0)


def _name() -> str:
    return Path(sys.argv[0]).stem.replace("_", "-")


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    rows = known.read_text(encoding="utf-8").splitlines() if known.is_file() else []
    names = (row.partition(":")[2].strip() for row in rows if row.startswith("model name"))
    return next(names, platform.machine())
