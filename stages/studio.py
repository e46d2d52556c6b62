"""Synthetic recordings and stills with exact ground truth."""

from __future__ import annotations

from pathlib import Path

from faceloom import params
from faceloom.facs import EXPRESSIONS
from faceloom.runtime import Runtime
from faceloom.stage import run
from faceloom.studio.produce import produce


def main() -> None:
    """Write data/recordings, data/stills and data/posed."""
    settings = params.load().studio
    produce(settings, Path("data/recordings"), Path("data/stills"), Path("data/posed"), Runtime.load())
    stills, posed = settings.identities * settings.stills_per_identity, settings.posed_identities * len(EXPRESSIONS)
    print(f"studio: {2 * settings.dyads} recordings of {settings.seconds:g} s, {stills} stills, {posed} posed faces")


if __name__ == "__main__":
    run(main)
