"""Landmark features of the studio's stills: what the action-unit estimator is trained on."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.stage import run
from faceloom.tasks import packed_file
from faceloom.tasks.action_units.pack import pack


def main() -> None:
    """Write data/packed/action_units.h5."""
    rows = pack(Path("data/stills"), packed_file("action_units"), params.load().catalog.split.test)
    print(f"stills: {rows} faces packed")


if __name__ == "__main__":
    run(main)
