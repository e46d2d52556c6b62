"""Geometry of small line charts; the template draws them as SVG that follows the page's colours."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One line: `style` is a CSS class (`true`, `predicted`, ...); NaN breaks the line."""

    label: str
    style: str
    x: Values
    y: Values


@dataclass(frozen=True)
class Chart:
    """A line chart in its own pixel space; axis labels carry their units."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    y_range: tuple[float, float] | None = None
    width: int = 340
    height: int = 190
    note: str = ""
    left: int = 46
    right: int = 10
    top: int = 26
    bottom: int = 38
    x_limits: tuple[float, float] = field(init=False)
    y_limits: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "x_limits", limits([line.x for line in self.series]))
        y_limits = self.y_range or limits([line.y for line in self.series], margin=0.06)
        object.__setattr__(self, "y_limits", y_limits)

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Position in pixels and text of the ticks below."""
        return [(self.to_x(value), text) for value, text in ticks(*self.x_limits, 6)]

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Position in pixels and text of the ticks at the left."""
        return [(self.to_y(value), text) for value, text in ticks(*self.y_limits, 4)]

    @property
    def summary(self) -> str:
        """The chart in words, for those who cannot see it."""
        lines = ", ".join(line.label for line in self.series)
        return f"{self.title}: {lines}; across: {self.x_label}, up: {self.y_label}"

    def to_x(self, value: float) -> float:
        """Pixels from the left."""
        low, high = self.x_limits
        return round(self.left + (value - low) / (high - low) * (self.width - self.left - self.right), 1)

    def to_y(self, value: float) -> float:
        """Pixels from the top."""
        low, high = self.y_limits
        return round(self.height - self.bottom - (value - low) / (high - low) * self.plot_height, 1)

    @property
    def plot_height(self) -> int:
        """Pixels between the axes' ends."""
        return self.height - self.top - self.bottom

    def path(self, line: Series) -> str:
        """SVG path data of a line; a lone point between gaps becomes a dot (a zero-length stroke)."""
        commands, pen = [], "M"
        for x, y in zip(line.x, line.y, strict=True):
            if not (math.isfinite(x) and math.isfinite(y)):
                pen = "M"
                continue
            low, high = self.y_limits
            commands.append(f"{pen}{self.to_x(x):g} {self.to_y(min(max(y, low), high)):g}")
            pen = "L"
        return "".join(commands) + ("h0" if pen == "L" and len(commands) == 1 else "")


def limits(arrays: Sequence[Values], margin: float = 0.0) -> tuple[float, float]:
    """Smallest and largest finite value of all arrays, widened by a share of the span; never an empty span."""
    finite = [array[np.isfinite(array)] for array in arrays]
    values = np.concatenate([part for part in finite if part.size] or [np.array([0.0, 1.0])])
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    return low - margin * (high - low), high + margin * (high - low)


def ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Round values within the limits, and their text."""
    values = MaxNLocator(nbins=count, steps=[1, 2, 5, 10]).tick_values(low, high)
    inside = [float(value) for value in values if low - 1e-9 <= value <= high + 1e-9]
    return [(value, f"{value:.10g}".replace("-", "−")) for value in inside]
