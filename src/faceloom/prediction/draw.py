"""Predictions drawn onto their picture: box, points, head axes, and a panel of probabilities beside each face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.features.head_pose import rotation_of
from faceloom.prediction.lettering import PANEL, Colour
from faceloom.prediction.panel import Panel, Room, heading, panel
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
SHIFT: Final = 4
"""Fractional bits of OpenCV's coordinates: without them slow motion jitters."""


def scale_of(size: tuple[int, int]) -> float:
    """By how much a picture of this width and height is enlarged."""
    return max(1.0, LEAST_SIDE / min(size))


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Width and height of the drawn picture, even as films want it."""
    scale = scale_of(size)
    w, h = (max(2, round(side * scale / 2) * 2) for side in size)
    return w, h


def draw(picture: Image, faces: Sequence[Row], classes: Mapping[str, Sequence[str]], widen: bool = False) -> Image:
    """The picture with its faces.

    Args:
        picture: (h, w, 3).
        faces: Rows of the table.
        classes: Those of each classifier.
        widen: Add a strip on the right where a panel has no place beside its face, instead of a heading alone.
    """
    size = picture.shape[1], picture.shape[0]
    scale, shown = scale_of(size), even(size)
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    canvas: Image = picture.copy() if shown == size else np.asarray(cv2.resize(picture, shown, interpolation=method))
    line = max(2, round(min(shown) / 350))
    for row in faces:
        _box(canvas, row, scale, _colour(row), line)
        _axes(canvas, row, scale, line)
        _points(canvas, row, scale)
    return _panels(canvas, faces, scale, classes, widen)


def _colour(row: Row) -> Colour:
    return FACES[row["face"] % len(FACES)]


def _panels(
    canvas: Image, faces: Sequence[Row], scale: float, classes: Mapping[str, Sequence[str]], widen: bool
) -> Image:
    """No panel lies on a face."""
    whole: list[Panel] = [panel(row, scale, classes, _colour(row)) for row in faces]
    boxes = [one.box for one in whole]
    if widen:
        strip = max((one.lacks(Room.of(canvas, boxes)) for one in whole), default=0)
        canvas = np.asarray(cv2.copyMakeBorder(canvas, 0, 0, 0, strip, cv2.BORDER_CONSTANT, value=PANEL), np.uint8)
    room = Room.of(canvas, boxes)
    for one, row in zip(whole, faces, strict=True):
        if corner := one.place(room):
            one.draw(canvas, corner)
        else:
            short = heading(row, scale, classes, _colour(row))
            short.draw(canvas, short.above(room))
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
