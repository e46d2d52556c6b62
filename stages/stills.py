"""Pack what one task learns from single faces into one file: `python stages/stills.py keypoints`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

from faceloom import params
from faceloom.stage import run
from faceloom.stills.pack import Settings, Task, pack
from faceloom.tasks import packed_file, task_name


def pack_action_units(p: params.Params, out: Path) -> None:
    """Landmark features of the studio's stills."""
    from faceloom.tasks.action_units.pack import pack as pack_landmarks

    section = p.stills.action_units
    rows = pack_landmarks(Path(section.data), out, section.test)
    print(f"stills: {rows} faces packed")


def main() -> None:
    """Write data/packed/<task>.h5."""
    p = params.load()
    name = task_name(sys.argv, type(p.stills).model_fields)
    if name == "action_units":
        pack_action_units(p, packed_file(name))
    else:
        settings = Settings(**getattr(p.stills, name).model_dump())
        print(*pack(cast("Task", name), settings, packed_file(name)), sep="\n")


if __name__ == "__main__":
    run(main)
