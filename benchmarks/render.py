"""Frames a second per core of the studio's renderer at 256x256: `python benchmarks/render.py [frames] [--out]`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from _script import parser, report
from faceloom.studio.identity import sample_identity
from faceloom.studio.render import render
from faceloom.studio.scene import room, sample_light
from faceloom.studio.stills import sample_still
from faceloom.studio.units import UNITS

SIZE = 256


def frames_a_second(draw: Callable[[int], Any], count: int) -> float:
    for k in range(3):  # compile and fill the caches
        draw(k)
    start = time.thread_time()  # of this core alone, whatever else the machine does
    for k in range(count):
        draw(k)
    return count / (time.thread_time() - start)


def table(count: int) -> Iterator[str]:
    """Of so many frames; line by line."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    people = [sample_identity(rng) for _ in range(8)]
    scenes = [(sample_light(rng, 0.4), room(rng, SIZE)) for _ in people]
    units = rng.uniform(0, 0.3, (count + 3, len(UNITS))).astype(np.float32)

    def frame(k: int) -> None:
        light, background = scenes[k % 8]
        render(people[k % 8], units[k], yaw=10 * np.sin(k), size=SIZE, light=light, background=background)

    rows = {
        "frame of a dyad": frames_a_second(frame, count),
        "still with camera faults": frames_a_second(
            lambda k: sample_still(np.random.default_rng(k), people[k % 8]), count
        ),
        "new identity": frames_a_second(lambda k: sample_identity(np.random.default_rng(k)), max(10, count // 5)),
    }
    yield from (f"| one core, {SIZE}x{SIZE} | a second |", "| --- | ---: |")
    yield from (f"| {name} | {rate:.0f} |" for name, rate in rows.items())


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("frames", type=int, nargs="?", default=200)
    options = arguments.parse_args()
    report("The studio's renderer", table(options.frames), out=options.out)


if __name__ == "__main__":
    main()
