"""Geometry of small line charts; the template draws them as SVG that follows the page's colours."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    """A line chart in its own pixel space; axis labels carry their units, `log` is for values above 0."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    y_range: tuple[float, float] | None = None
    width: int = 340
    height: int = 190
    note: str = ""
    marks: bool = False
    whole_x: bool = False
    log: bool = False
    left: int = 46
    right: int = 10
    top: int = 26
    bottom: int = 38
    x_limits: tuple[float, float] = field(init=False)
    y_limits: tuple[float, float] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "x_limits", limits([line.x for line in self.series]))
        values = [np.log10(line.y) if self.log else line.y for line in self.series]
        y_limits = self.y_range or limits(values, margin=0.06)
        object.__setattr__(self, "y_limits", y_limits)

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Position in pixels and text of the ticks below."""
        return [(self.to_x(value), text) for value, text in ticks(*self.x_limits, 6, whole=self.whole_x)]

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Position in pixels and text of the ticks at the left."""
        low, high = self.y_limits
        if not self.log:
            return [(self.to_y(value), text) for value, text in ticks(low, high, 4)]
        decades = range(math.floor(low), math.ceil(high) + 1)
        values = [factor * 10.0**decade for decade in decades for factor in (1, 2, 5)]
        inside = [value for value in values if low <= math.log10(value) <= high]
        return [(self.to_y(math.log10(value)), f"{value:g}") for value in inside]

    @property
    def y_ends(self) -> list[tuple[float, str]]:
        """Position in pixels and text of the two ends of the axis at the left."""
        return [(self.to_y(value), f"{value:g}") for value in self.y_limits]

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
        """Pixels from the top, of a value or, on a logarithmic axis, of its logarithm."""
        low, high = self.y_limits
        return round(self.height - self.bottom - (value - low) / (high - low) * self.plot_height, 1)

    @property
    def plot_height(self) -> int:
        """Pixels between the axes' ends."""
        return self.height - self.top - self.bottom

    def points(self, line: Series) -> list[tuple[float, float]]:
        """Pixels of a line's finite values."""
        return [point for point in self._placed(line) if point is not None]

    def path(self, line: Series) -> str:
        """SVG path data of a line; a lone value between gaps becomes a dot (a line of no length with round ends)."""
        commands, pen = [], False
        for point in self._placed(line):
            if point is not None:
                commands.append(f"{'L' if pen else 'M'}{point[0]:g} {point[1]:g}" + ("" if pen else "h0"))
            pen = point is not None
        return "".join(commands)

    def _placed(self, line: Series) -> Iterator[tuple[float, float] | None]:
        """Pixels of each value, held within the axes; None for a gap."""
        low, high = self.y_limits
        for x, y in zip(line.x, line.y, strict=True):
            height = math.log10(y) if self.log and y > 0 else y
            known = math.isfinite(x) and math.isfinite(height)
            yield (self.to_x(x), self.to_y(min(max(height, low), high))) if known else None


@dataclass(frozen=True)
class Strip:
    """One row of a strip chart, with a word at its right end."""

    label: str
    series: Sequence[Series]
    note: str = ""


@dataclass(frozen=True)
class Strips:
    """Many curves one above the other on one time axis, as an electroencephalogram is drawn; rows share one scale."""

    title: str
    x_label: str
    rows: Sequence[Strip]
    y_range: tuple[float, float]
    width: int = 400
    row_height: int = 50
    left: int = 62
    right: int = 12
    top: int = 24

    @property
    def height(self) -> int:
        """Pixels."""
        return self.top + self.row_height * len(self.rows) + 34

    @property
    def charts(self) -> list[Chart]:
        """Each row as a chart that fills its share of the height."""
        return [
            Chart(
                row.label,
                self.x_label,
                "",
                row.series,
                y_range=self.y_range,
                width=self.width,
                height=self.top + self.row_height * (i + 1),
                left=self.left,
                right=self.right,
                top=self.top + self.row_height * i + 12,
                bottom=0,
                note=row.note,
            )
            for i, row in enumerate(self.rows)
        ]

    @property
    def summary(self) -> str:
        """The chart in words, for those who cannot see it."""
        names = ", ".join(row.label for row in self.rows)
        lines = ", ".join(line.label for line in self.rows[0].series) if self.rows else ""
        return f"{self.title}: {names}; lines: {lines}; across: {self.x_label}"


@dataclass(frozen=True)
class Mark:
    """One dot: `style` is a CSS class."""

    label: str
    style: str
    value: float


@dataclass(frozen=True)
class Dots:
    """A dot plot: a row a name, its marks along one axis."""

    title: str
    x_label: str
    rows: dict[str, list[Mark]]
    width: int = 360
    left: int = 62
    right: int = 14
    top: int = 30
    row_height: int = 22

    @property
    def height(self) -> int:
        """Pixels."""
        return self.top + self.row_height * len(self.rows) + 38

    @property
    def limits(self) -> tuple[float, float]:
        """Ends of the axis; 0 is always on it."""
        values = np.array([0.0] + [mark.value for marks in self.rows.values() for mark in marks])
        return limits([values], margin=0.04)

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Position in pixels and text of the ticks below."""
        return [(self.to_x(value), text) for value, text in ticks(*self.limits, 5)]

    @property
    def summary(self) -> str:
        """The plot in words, for those who cannot see it."""
        rows = (f"{row}: " + ", ".join(f"{m.label} {m.value:.2f}" for m in marks) for row, marks in self.rows.items())
        return f"{self.title}. {self.x_label}. " + "; ".join(rows)

    def to_x(self, value: float) -> float:
        """Pixels from the left."""
        low, high = self.limits
        return round(self.left + (value - low) / (high - low) * (self.width - self.left - self.right), 1)


def limits(arrays: Sequence[Values], margin: float = 0.0) -> tuple[float, float]:
    """Smallest and largest finite value of all arrays, widened by a share of the span; never an empty span."""
    finite = [array[np.isfinite(array)] for array in arrays]
    values = np.concatenate([part for part in finite if part.size] or [np.array([0.0, 1.0])])
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    return low - margin * (high - low), high + margin * (high - low)


def ticks(low: float, high: float, count: int, *, whole: bool = False) -> list[tuple[float, str]]:
    """Round (or whole) values within the limits, and their text."""
    values = MaxNLocator(nbins=count, steps=[1, 2, 5, 10], integer=whole).tick_values(low, high)
    inside = [float(value) for value in values if low - 1e-9 <= value <= high + 1e-9]
    return [(value, f"{value:.10g}".replace("-", "−")) for value in inside]
