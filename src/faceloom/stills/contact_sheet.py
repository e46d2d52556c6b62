"""Faces side by side with their points drawn on them: whether pixels and points still go together, at a glance."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
import torch

from faceloom.stills.augment import Augmentation, augment
from faceloom.stills.packed import Packed
from faceloom.stills.points import KEYPOINTS

Rgb = npt.NDArray[np.uint8]

ENLARGED: Final = 2
GAP: Final = 4
LEFT, RIGHT, MIDDLE = (255, 140, 0), (0, 200, 255), (255, 255, 255)
"""Colours (RGB) of points on the subject's left, right, and in the middle."""

COLOURS: Final = tuple(LEFT if "left" in name else RIGHT if "right" in name else MIDDLE for name in KEYPOINTS)


def augmented(faces: Packed, settings: Augmentation, seed: int) -> Packed:
    """Packed faces as training sees them; the same for one seed, whatever was drawn before."""
    images, points = torch.from_numpy(faces.images)[:, None].float() / 255, torch.from_numpy(faces.points)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        images, moved = augment(images, settings, points if faces.points.shape[1] else None)
    pixels = (images[:, 0] * 255).round().byte().numpy()
    return Packed(**{**vars(faces), "images": pixels, "points": faces.points if moved is None else moved.numpy()})


def sheet(faces: Packed, columns: int) -> Rgb:
    """All faces in rows of `columns`, enlarged, with the points that are known; (H, W, 3)."""
    tiles = [_tile(image, points) for image, points in zip(faces.images, faces.points, strict=True)]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    return np.concatenate([np.concatenate(tiles[k : k + columns], 1) for k in range(0, len(tiles), columns)])


def write(path: Path, picture: Rgb) -> None:
    """Write a PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    path.write_bytes(encoded.tobytes())


def _tile(image: npt.NDArray[np.uint8], points: npt.NDArray[np.float32]) -> Rgb:
    tile = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    tile = cv2.resize(tile, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
    for (x, y), colour in zip(points, COLOURS, strict=False):  # faces with an expression have no points
        if np.isfinite([x, y]).all():
            centre = (round(float((x + 0.5) * ENLARGED - 0.5)), round(float((y + 0.5) * ENLARGED - 0.5)))
            cv2.circle(tile, centre, ENLARGED, colour, cv2.FILLED, cv2.LINE_AA)
    return np.asarray(cv2.copyMakeBorder(tile, 0, GAP, 0, GAP, cv2.BORDER_CONSTANT), np.uint8)
