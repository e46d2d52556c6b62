"""Synthetic recordings and stills with exact ground truth."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.runtime import Runtime
from faceloom.stage import run
from faceloom.studio.produce import produce


def main() -> None:
    """Write data/recordings and data/stills."""
    settings = params.load().studio
    produce(settings, Path("data/recordings"), Path("data/stills"), Runtime.load())
    stills = settings.identities * settings.stills_per_identity
    print(f"studio: {2 * settings.dyads} recordings of {settings.seconds:g} s, {stills} stills")


if __name__ == "__main__":
    run(main)
