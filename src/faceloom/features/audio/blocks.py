"""Re-cutting a stream of samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def recut(blocks: Iterable[Floats], size: int) -> Iterator[Floats]:
    """Blocks of any length as blocks of `size` samples, the last one shorter."""
    waiting: list[Floats] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        while count >= size:
            samples = np.concatenate(waiting)
            yield samples[:size]
            waiting, count = [samples[size:]], count - size
    if count:
        yield np.concatenate(waiting)
