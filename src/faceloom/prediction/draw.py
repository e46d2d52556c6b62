"""Predictions drawn onto their picture: box, points, head axes, and a panel of probabilities beside each face."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.facs import AU_COLUMNS
from faceloom.features.head_pose import rotation_of
from faceloom.prediction.lettering import Colour, darken, line_height, width, write
from faceloom.stills.points import COLUMNS

Image = npt.NDArray[np.uint8]
Row = Mapping[str, Any]

FACES: Final[tuple[Colour, ...]] = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 190, 140),
    (240, 228, 66),
    (225, 130, 185),
    (240, 110, 40),
)
"""By number, told apart by colour-blind people too (Okabe & Ito 2008, a little lighter)."""
AXES: Final[tuple[Colour, ...]] = ((255, 92, 92), (96, 220, 120), (80, 150, 255))
"""Towards the subject's left, up, and out of the nose."""
WHITE: Final[Colour] = (255, 255, 255)
BLACK: Final[Colour] = (0, 0, 0)
LEAST_SIDE: Final = 480
"""Shorter side of a drawn picture: smaller ones are enlarged, so that words fit."""
LETTERS: Final = (13, 40)
"""Smallest and largest height of letters, pixels."""
SHIFT: Final = 4
"""Fractional bits of OpenCV's coordinates: without them slow motion jitters."""
TALLEST: Final = 1.8
"""Height of a panel over that of its face; a smaller face has a heading alone."""
UNITS: Final = 3
"""Action units named beside a face, the strongest."""


def scale_of(size: tuple[int, int]) -> float:
    """By how much a picture of this width and height is enlarged."""
    return max(1.0, LEAST_SIDE / min(size))


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the drawn picture, even as films want it."""
    scale = scale_of(size)
    w, h = (max(2, round(side * scale / 2) * 2) for side in size)
    return w, h


def draw(picture: Image, faces: Sequence[Row], classes: Mapping[str, Sequence[str]]) -> Image:
    """The picture (h, w, 3) with its faces; rows are those of the table, `classes` those of each classifier."""
    size = picture.shape[1], picture.shape[0]
    scale, shown = scale_of(size), even(size)
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    canvas: Image = picture.copy() if shown == size else np.asarray(cv2.resize(picture, shown, interpolation=method))
    line = max(2, round(min(shown) / 350))
    for row in faces:
        colour = FACES[row["face"] % len(FACES)]
        _box(canvas, row, scale, colour, line)
        _points(canvas, row, scale)
        _axes(canvas, row, scale, line)
    for row in faces:
        _panel(canvas, row, scale, FACES[row["face"] % len(FACES)], classes)
    return canvas


def _box(canvas: Image, row: Row, scale: float, colour: Colour, line: int) -> None:
    x, y, w, h = (row[name] * scale for name in ("x", "y", "w", "h"))
    near, far = _fixed(np.array([[x, y], [x + w, y + h]]))
    cv2.rectangle(canvas, near, far, BLACK, line + 2, cv2.LINE_AA, SHIFT)
    cv2.rectangle(canvas, near, far, colour, line, cv2.LINE_AA, SHIFT)


def _points(canvas: Image, row: Row, scale: float) -> None:
    if COLUMNS[0] not in row:
        return
    points = np.array([row[name] for name in COLUMNS]).reshape(-1, 2)
    radius = max(1.2, row["w"] * scale / 90)
    for point in _fixed((points + 0.5) * scale - 0.5):
        for extra, colour in ((radius * 0.5 + 0.5, BLACK), (0.0, WHITE)):
            cv2.circle(canvas, point, round((radius + extra) * (1 << SHIFT)), colour, -1, cv2.LINE_AA, SHIFT)


def _axes(canvas: Image, row: Row, scale: float, line: int) -> None:
    angles = np.array([[row.get(name) or np.nan for name in ("yaw", "pitch", "roll")]], np.float32)
    if not np.isfinite(angles).all():
        return
    start = np.array([row["x"] + row["w"] / 2, row["y"] + row["h"] / 2])
    if "nose_tip_x" in row:
        start = np.array([row["nose_tip_x"], row["nose_tip_y"]])
    rotation = rotation_of(angles)[0]
    for axis, colour in zip(rotation.T, AXES, strict=True):
        end = start + np.array([axis[0], -axis[1]]) * row["w"] * 0.3
        a, b = _fixed(np.stack([start, end]) * scale)
        cv2.line(canvas, a, b, BLACK, line + 2, cv2.LINE_AA, SHIFT)
        cv2.line(canvas, a, b, colour, line, cv2.LINE_AA, SHIFT)


def _fixed(points: npt.NDArray[Any]) -> list[tuple[int, int]]:
    """(n, 2) pixels as OpenCV's fixed-point coordinates, those that are numbers."""
    known = points[np.isfinite(points).all(axis=1)]
    return [(int(x), int(y)) for x, y in np.clip(np.round(known * (1 << SHIFT)), -(1 << 20), 1 << 20)]


def _panel(canvas: Image, row: Row, scale: float, colour: Colour, classes: Mapping[str, Sequence[str]]) -> None:
    """A heading with number and emotion, a bar for each class, the strongest action units; beside or inside the box."""
    bars = [(word, float(row[f"{name}_{word}"])) for name, words in classes.items() for word in words]
    units = _units(row)
    x, y, w, h = (row[name] * scale for name in ("x", "y", "w", "h"))
    low, high = LETTERS
    letters = round(min(high, max(low, h / 1.3 / (len(bars) + len(units) + 2))))
    step, pad = line_height(letters), max(3, letters // 4)
    if h * TALLEST < step * (len(bars) + len(units) + 1):
        bars, units = [], []
    title = f"{row['face']}  {row['emotion_name']} {100 * _best(row, classes):.0f} %" if classes else f"{row['face']}"
    names = max((width(word, letters) for word, _ in bars), default=0)
    bar = letters * 4 if bars else 0
    wide = max(width(title, letters), names + pad + bar, *(width(unit, letters) for unit in units), 0) + 2 * pad
    tall = step * (1 + len(bars) + len(units)) + pad
    left, top = _place(canvas, (x, y, w, h), wide, tall, bool(bars or units))
    darken(canvas, left, top, wide, tall)
    write(canvas, title, left + pad, top, letters, colour)
    for k, (word, p) in enumerate(bars, 1):
        write(canvas, word, left + pad, top + k * step, letters, WHITE)
        begin, middle = left + 2 * pad + names, top + k * step + step // 2
        half = max(1, letters // 4)
        cv2.rectangle(canvas, (begin, middle - half), (begin + bar, middle + half), (70, 76, 88), -1)
        cv2.rectangle(canvas, (begin, middle - half), (begin + round(bar * p), middle + half), colour, -1)
    for k, unit in enumerate(units, 1 + len(bars)):
        write(canvas, unit, left + pad, top + k * step, letters, WHITE)


def _best(row: Row, classes: Mapping[str, Sequence[str]]) -> float:
    return float(row[f"{next(iter(classes))}_{row['emotion_name']}"])


def _units(row: Row) -> list[str]:
    strengths = {name: row[name] for name in AU_COLUMNS if row.get(name) is not None and math.isfinite(row[name])}
    strongest = sorted(strengths, key=lambda name: -strengths[name])[:UNITS]
    return [f"{name.removesuffix('_r')}  {strengths[name]:.1f}" for name in strongest]


def _place(
    canvas: Image, box: tuple[float, float, float, float], wide: int, tall: int, beside: bool
) -> tuple[int, int]:
    """Upper left corner: beside the box where there is room, else inside it at the top; a heading lies above it."""
    x, y, w, _ = (round(value) for value in box)
    height, full = canvas.shape[:2]
    top = min(max(0, y), max(0, height - tall))
    if not beside:
        return min(max(0, x), max(0, full - wide)), max(0, min(y - tall - 2, height - tall))
    if x + w + 4 + wide <= full:
        return x + w + 4, top
    if x - 4 - wide >= 0:
        return x - 4 - wide, top
    return min(max(0, x), max(0, full - wide)), top
