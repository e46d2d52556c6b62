"""Z-buffer whose samples are single integers, depth above triangle number; rows fill vector registers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.studio.jit import f32, inlined, kernel

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

BITS: Final = 14
"""Of a sample that number its triangle; the 17 above them are its depth: 0.1 mm over the range of a head."""
TRIANGLES: Final = (1 << BITS) - 1
STEPS: Final = (1 << (31 - BITS)) - 2
LANES: Final = 16
"""Samples that are tested at once; rows are that much longer, so that a block may begin at the last sample."""

SLACK: Final = f32(1e-5)
"""Share of a triangle by which a sample may lie outside: neighbours leave no gap between them."""


@dataclass(frozen=True)
class Buffer:
    """A drawn z-buffer."""

    samples: Ints
    """(h, w + LANES) depth and triangle of each sample, -1 where there is none; the last columns mean nothing."""
    far: float
    """Depth of the least value."""
    step: float
    """Depth of one step."""

    @property
    def size(self) -> int:
        """Side in samples."""
        return len(self.samples)

    def depth(self, rows: Any = slice(None), columns: Any = slice(0, -LANES)) -> Floats:
        """Depth of some samples, far away where there is none; by default of all, (h, w)."""
        found = self.samples[rows, columns]
        depth = self.far + (found >> BITS) * self.step
        return np.where(found < 0, -1e9, depth).astype(np.float32)


def rasterise(screen: Floats, triangles: Ints, two_sided: npt.NDArray[np.bool_], size: int) -> Buffer:
    """Draw triangles.

    Args:
        screen: (n, 3) x and y in samples (y down), and a depth that grows towards the viewer.
        triangles: (m, 3) vertex indices, counter-clockwise seen from outside; at most 16,384.
        two_sided: (m,) drawn from behind as well.
        size: Side of the square buffer in samples.
    """
    assert len(triangles) <= TRIANGLES + 1
    far, near = float(screen[:, 2].min()), float(screen[:, 2].max())
    step = max(near - far, 1e-6) / STEPS
    samples = np.full((size, size + LANES), -1, np.int32)
    draw(screen, triangles, two_sided, f32(far), f32(1 / step), size, samples.reshape(-1))
    return Buffer(samples, far, step)


@inlined
def span(a: float, b: float, c: float, size: int) -> tuple[int, int]:
    """First and last whole number between the least and the greatest of three, inside the picture."""
    low, high = min(a, min(b, c)), max(a, max(b, c))
    if high < 0 or low > size:
        return 0, -1
    return max(0, math.ceil(low)), min(size - 1, math.floor(high))


@kernel
def draw(
    screen: Array, triangles: Array, two_sided: Array, far: float, scale: float, size: int, samples: Array
) -> None:
    """Write `samples` (flat, rows of size + LANES); `scale` is steps a unit of depth. All in single precision."""
    one = f32(1)
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = screen[i, 0], screen[i, 1]
        bx, by = screen[j, 0] - ax, screen[j, 1] - ay
        cx, cy = screen[k, 0] - ax, screen[k, 1] - ay
        area = bx * cy - cx * by
        if abs(area) < f32(1e-9) or (area > 0 and not two_sided[t]):
            continue
        left, right = span(ax, screen[j, 0], screen[k, 0], size)
        top, bottom = span(ay, screen[j, 1], screen[k, 1], size)
        if left > right or top > bottom:
            continue
        inverse = one / area
        za = (screen[i, 2] - far) * scale
        zb, zc = (screen[j, 2] - far) * scale - za, (screen[k, 2] - far) * scale - za
        right_b, right_c = cy * inverse, -by * inverse
        down_b, down_c = -cx * inverse, bx * inverse
        px, py = f32(left) - ax, f32(top) - ay
        wb, wc = px * right_b + py * down_b, px * right_c + py * down_c
        width = f32(right - left)
        for y in range(top, bottom + 1):
            start, across = np.uint64(y * (size + LANES) + left), f32(0)
            while across <= width:  # a count that the compiler cannot know: it shall vectorise the lanes, not this
                for lane in range(LANES):
                    along = across + f32(lane)
                    b, c = wb + along * right_b, wc + along * right_c
                    value = (np.int32(za + b * zb + c * zc) << BITS) | np.int32(t)
                    covered = min(min(b, c), one - b - c) >= -SLACK
                    place = start + np.uint64(lane)
                    samples[place] = max(samples[place], np.int32(value) if covered else np.int32(-1))
                start += np.uint64(LANES)
                across += f32(LANES)
            wb += down_b
            wc += down_c
