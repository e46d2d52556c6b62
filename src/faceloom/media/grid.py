"""Which source frame each instant of the 25 fps grid shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from faceloom.media.probe import FPS

T = TypeVar("T")

EQUAL: Final = 1e-4
"""Seconds; distances that differ by less are equal (at 12.5 fps every second instant lies between two frames)."""


@dataclass(frozen=True, slots=True)
class GridFrame(Generic[T]):
    """Instant `frame`/25 s: what it shows and where that comes from.

    In a gap `source_frame` is -1, `source_time` NaN and `item` None.
    """

    frame: int
    source_frame: int
    source_time: float
    duplicated: bool
    gap: bool
    item: T | None


def on_grid(source: Iterable[tuple[float, T]], n_frames: int, gap: float) -> Iterator[GridFrame[T]]:
    """Show at every instant k/25 s the source frame nearest in presentation time, of two equally near the earlier.

    Nearest, not the one a player would still hold: no bias (a held 30 fps frame is 17 ms old on average), and times
    that a container rounded to 1 ms cannot make 25 fps video stutter. Where nothing is within `gap` seconds, nothing
    is shown. Reads the source once, to its end, holding two of its items.

    Args:
        source: (time in seconds from frame 0, item), increasing.
        n_frames: Instants to fill.
        gap: Seconds.
    """
    frames = enumerate(source)
    before, after = None, next(frames, None)
    shown = -1
    for k in range(n_frames):
        instant = k / FPS
        while after is not None and (before is None or after[1][0] - instant < instant - before[1][0] - EQUAL):
            before, after = after, next(frames, None)
        if before is None or abs(before[1][0] - instant) > gap:
            yield GridFrame(k, -1, float("nan"), duplicated=False, gap=True, item=None)
            continue
        index, (time, item) = before
        yield GridFrame(k, index, time, duplicated=index == shown, gap=False, item=item)
        shown = index
    for _ in frames:  # so that whoever counts the source's frames sees all of them
        pass
