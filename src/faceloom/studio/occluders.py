"""Things before a face: a hand, a microphone, glasses, a lock of hair."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.studio.identity import Identity
from faceloom.studio.render import Rendered

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

KINDS: Final = ("hand", "microphone", "glasses", "hair")
ODDS: Final = (0.3, 0.2, 0.3, 0.2)
FINE: Final = 4
"""Fractional bits of the coordinates that OpenCV draws with."""


def occlude(image: Image, seen: Rendered, identity: Identity, rng: np.random.Generator) -> tuple[Image, Mask]:
    """Draw one occluder; the picture (size, size, 3) and where the occluder is (size, size)."""
    kind = str(rng.choice(KINDS, p=ODDS))
    points = seen.landmarks68
    canvas, alpha = image.astype(np.float32), np.zeros(image.shape[:2], np.float32)
    draw = {"hand": _hand, "microphone": _microphone, "glasses": _glasses, "hair": _hair}[kind]
    colour = draw(alpha, points, identity, rng)
    soft = cv2.GaussianBlur(alpha, (0, 0), 0.7)[..., None]
    shadow = 1 - 0.25 * cv2.GaussianBlur(alpha, (0, 0), 4.0)[..., None]
    mixed = canvas * shadow * (1 - soft) + colour * soft
    return np.clip(mixed, 0, 255).astype(np.uint8), alpha > 0.5


def _fine(point: npt.ArrayLike) -> tuple[int, int]:
    x, y = np.rint(np.asarray(point, float) * 2**FINE).astype(int)
    return int(x), int(y)


def _capsule(alpha: Floats, start: npt.ArrayLike, end: npt.ArrayLike, width: float) -> None:
    cv2.line(alpha, _fine(start), _fine(end), 1.0, max(1, round(width)), cv2.LINE_AA, FINE)


def _shade(alpha: Floats, colour: npt.NDArray[np.floating], rng: np.random.Generator) -> Floats:
    """The colour with a rounded look: darker towards the occluder's edges."""
    inner = cv2.GaussianBlur(alpha, (0, 0), 5.0)[..., None]
    noise = 1 + 0.02 * rng.standard_normal(alpha.shape, np.float32)[..., None]
    return np.asarray(255 * colour * (0.45 + 0.65 * inner) * noise, np.float32)


def _span(points: Floats) -> float:
    return float(np.linalg.norm(points[45] - points[36]))


def _hand(alpha: Floats, points: Floats, who: Identity, rng: np.random.Generator) -> Floats:
    """Four fingers and a palm that come from below or from a side, in the person's skin colour."""
    span = _span(points)
    target = points[rng.choice([4, 8, 12, 48, 54, 57])] + rng.normal(0, 0.12 * span, 2)
    angle = rng.uniform(-0.6, 0.6) + (np.pi / 2 if rng.random() < 0.7 else rng.choice([0.0, np.pi]))
    away, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    for k in range(4):
        root = target + (k - 1.5) * 0.21 * span * aside + 0.55 * span * away
        tip = root - away * span * (0.55 + 0.15 * np.cos(k - 1.5)) + (k - 1.5) * 0.05 * span * aside
        _capsule(alpha, root, tip, 0.19 * span)
    _capsule(alpha, target + 0.9 * span * away, target + 2.5 * span * away, 0.78 * span)
    return _shade(alpha, who.look.skin * rng.uniform(0.75, 1.0), rng)


def _microphone(alpha: Floats, points: Floats, _: Identity, rng: np.random.Generator) -> Floats:
    """A ball and a stick below the mouth."""
    span = _span(points)
    ball = points[57] + np.array([rng.normal(0, 0.25), rng.uniform(0.15, 0.5)]) * span
    foot = ball + np.array([rng.normal(0, 0.5), 2.5]) * span
    _capsule(alpha, ball, foot, 0.22 * span)
    cv2.circle(alpha, _fine(ball), round(rng.uniform(0.2, 0.32) * span * 2**FINE), 1.0, -1, cv2.LINE_AA, FINE)
    return _shade(alpha, np.full(3, rng.uniform(0.08, 0.5)), rng)


def _glasses(alpha: Floats, points: Floats, _: Identity, rng: np.random.Generator) -> Floats:
    """Rims round both eyes, a bridge and temples; now and then dark lenses."""
    span, width = _span(points), rng.uniform(0.02, 0.06)
    eyes = [points[36:42].mean(0), points[42:48].mean(0)]
    across = eyes[1] - eyes[0]
    size = np.array([np.linalg.norm(across) * rng.uniform(0.36, 0.44), span * rng.uniform(0.15, 0.25)])
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    thick = max(1, round(width * span))
    filled = rng.random() < 0.25
    for eye in eyes:
        axes = (int(size[0] * 2**FINE), int(size[1] * 2**FINE))
        cv2.ellipse(alpha, _fine(eye), axes, angle, 0, 360, 1.0, -1 if filled else thick, cv2.LINE_AA, FINE)
    unit = across / np.linalg.norm(across)
    _capsule(alpha, eyes[0] + unit * size[0], eyes[1] - unit * size[0], thick)
    _capsule(alpha, eyes[0] - unit * size[0], points[0], thick)
    _capsule(alpha, eyes[1] + unit * size[0], points[16], thick)
    return np.broadcast_to(np.float32(255) * rng.uniform(0.03, 0.4, 3).astype(np.float32), (*alpha.shape, 3))


def _hair(alpha: Floats, points: Floats, who: Identity, rng: np.random.Generator) -> Floats:
    """Locks that fall over the forehead and an eye."""
    span, side = _span(points), rng.choice([-1.0, 1.0])
    root = points[27] + np.array([side * rng.uniform(0.1, 0.4), -rng.uniform(0.9, 1.2)]) * span
    for _ in range(rng.integers(10, 30)):
        start = root + rng.normal(0, 0.12 * span, 2)
        end = start + np.array([side * rng.uniform(0.1, 0.5), rng.uniform(0.6, 1.5)]) * span
        bend = (start + end) / 2 + np.array([side * 0.15 * span, 0])
        curve = [(1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t**2 * end for t in np.linspace(0, 1, 9)]
        path = np.array([_fine(point) for point in curve], np.int32)
        cv2.polylines(alpha, [path], False, 1.0, max(1, round(0.025 * span)), cv2.LINE_AA, FINE)
    return _shade(alpha, who.look.hair * 1.6, rng)
