"""Stage report: one self-contained page on everything that the DAG made."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.report import build
from faceloom.stage import run


def main() -> None:
    """Read params.yaml and write metrics/report/index.html."""
    page = build(Path(), Path("metrics/report"), params.load())
    print(f"report: {page} ({page.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    run(main)
