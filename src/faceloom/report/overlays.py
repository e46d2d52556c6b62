"""What the pipeline saw, drawn onto the picture: face box, crop square, landmarks and head axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]
    Points = npt.NDArray[np.float64]
    Style = tuple[float, tuple[int, int, int]]

BOX: Final = (255, 176, 0)
CROP: Final = (235, 235, 235)
MESH: Final = (0.9, (90, 220, 255))
LANDMARK: Final = (1.5, (255, 255, 255))
AXES: Final = ((255, 92, 92), (96, 220, 120), (80, 150, 255))  # towards the subject's left, up, and out of the nose
SHIFT: Final = 4  # fractional bits of OpenCV's coordinates: without them, slow motion jitters
PANEL: Final = (18, 22, 30)


@dataclass(frozen=True)
class Overlay:
    """One frame's findings in analysis pixels; a field is None where the stage has not run or found nothing."""

    box: tuple[float, float, float, float] | None = None
    crop: tuple[float, float, float] | None = None
    mesh: Points | None = None
    landmarks: Points | None = None
    angles: tuple[float, float, float] | None = None


def draw(image: Image, overlay: Overlay, height: int) -> Image:
    """The picture at that height with everything in `overlay` on it."""
    scale = height / image.shape[0]
    shape = round(image.shape[1] * scale / 2) * 2, height  # even, as yuv420p wants it
    canvas: Image = cv2.resize(image, shape, interpolation=cv2.INTER_CUBIC)
    if overlay.crop is not None:
        x, y, size = overlay.crop
        _rectangle(canvas, (x, y, size, size), scale, CROP, 1)
    if overlay.box is not None:
        _rectangle(canvas, overlay.box, scale, BOX, 2)
    _points(canvas, overlay.landmarks, scale, np.zeros(2), LANDMARK)
    _draw_axes(canvas, overlay, scale, np.zeros(2))
    return canvas


def crop_panel(image: Image, overlay: Overlay, size: int) -> tuple[Image, Image]:
    """Two squares: the crop as the networks see it, and the landmarks alone; dark where there is no face."""
    seen = np.full((size, size, 3), PANEL, np.uint8)
    shape = seen.copy()
    if overlay.crop is None:
        return seen, shape
    x, y, side = overlay.crop
    scale = size / side
    matrix = np.array([[scale, 0, -x * scale], [0, scale, -y * scale]])
    seen = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    _points(shape, overlay.mesh, scale, np.array([x, y]), MESH)
    _points(shape, overlay.landmarks, scale, np.array([x, y]), LANDMARK)
    _draw_axes(shape, overlay, scale, np.array([x, y]))
    return seen, shape


def _points(canvas: Image, points: Points | None, scale: float, origin: Points, style: Style) -> None:
    if points is None:
        return
    radius, colour = style
    placed = (points[:, :2] - origin) * scale
    for point in _fixed(placed[np.isfinite(placed).all(axis=1)]):
        cv2.circle(canvas, point, round(radius * (1 << SHIFT)), colour, -1, cv2.LINE_AA, SHIFT)


def _draw_axes(canvas: Image, overlay: Overlay, scale: float, origin: Points) -> None:
    if overlay.angles is None or overlay.crop is None or not np.isfinite(overlay.angles).all():
        return
    x, y, size = overlay.crop
    centre = np.array([x + size / 2, y + size / 2]) if overlay.mesh is None else overlay.mesh[1, :2]  # 1: nose tip
    for axis, colour in zip(head_axes(*overlay.angles), AXES, strict=True):
        start, end = _fixed((np.stack([centre, centre + axis * size * 0.3]) - origin) * scale)
        cv2.line(canvas, start, end, (0, 0, 0), 4, cv2.LINE_AA, SHIFT)
        cv2.line(canvas, start, end, colour, 2, cv2.LINE_AA, SHIFT)


def head_axes(yaw: float, pitch: float, roll: float) -> Points:
    """The head's left, up and forward directions in the image plane (x right, y down), rows of a 3x2 array.

    Angles in degrees, with the signs of `docs/contracts.md`: the picture is not mirrored, so a turn to the
    subject's left points the nose to the right of the image.
    """
    y, p, r = np.radians([yaw, pitch, roll])
    roll_ = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    pitch_ = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    yaw_ = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rest = np.array([[1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]])  # left, up, forward with z towards the camera
    axes: Points = (yaw_ @ pitch_ @ roll_ @ rest.T).T[:, :2]
    return axes


def _rectangle(
    canvas: Image, box: tuple[float, float, float, float], scale: float, colour: tuple[int, int, int], width: int
) -> None:
    x, y, w, h = (value * scale for value in box)
    near, far = _fixed(np.array([[x, y], [x + w, y + h]]))
    cv2.rectangle(canvas, near, far, (0, 0, 0), width + 2, cv2.LINE_AA, SHIFT)
    cv2.rectangle(canvas, near, far, colour, width, cv2.LINE_AA, SHIFT)


def _fixed(points: Points) -> list[tuple[int, int]]:
    """(n, 2) pixels as OpenCV's fixed-point coordinates; far outside points are pulled in, as they would overflow."""
    fixed = np.clip(np.round(points * (1 << SHIFT)), -(1 << 20), 1 << 20).astype(int)
    return [(int(x), int(y)) for x, y in fixed]
