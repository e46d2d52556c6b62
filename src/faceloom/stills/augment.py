"""Augmentation of a whole batch at once, on its device: one resampling for all geometric changes together.

Pixel k of a row has its centre at x = k, so a mirrored picture of S pixels has x at S - 1 - x. Random numbers come from
torch's global generator, which the trainer seeds for every batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from faceloom.stills.points import MIRRORED


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a picture; 0 and False switch a change off. The defaults are reference 2's, save one flip.

    Attributes:
        rotation: At most so many degrees, either way.
        shift: At most this part of the side, along each axis.
        shear: At most so many pixels sideways per pixel down.
        zoom: At most this part larger or smaller.
        horizontal_flip: Mirror half of the pictures.
        vertical_flip: Put half of them upside down, as the reference does; faces are not met like that.
        brightness: Grey values times a factor of at most so much above or below 1, then cut to the range.
        fill: What comes in from outside: the picture's `edge`, or `black`.
    """

    rotation: float = 15.0
    shift: float = 0.1
    shear: float = 0.1
    zoom: float = 0.1
    horizontal_flip: bool = True
    vertical_flip: bool = False
    brightness: float = 0.2
    fill: Literal["edge", "black"] = "edge"

    @property
    def bends(self) -> bool:
        """Whether pixels have to be resampled."""
        return bool(self.rotation or self.shift or self.shear or self.zoom)


def augment(images: Tensor, settings: Augmentation, points: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """Change every picture of a batch in its own way, and the points with it.

    Args:
        images: (B, 1, S, S), 0-1, of any floating-point type; it is the type of the result.
        settings: What may happen.
        points: (B, 15, 2), x and y in pixels, NaN where unknown; or None.

    Returns:
        Pictures, and points where those of the changed pictures are.
    """
    n, side, device = len(images), images.shape[-1], images.device
    out = images
    if settings.bends or settings.horizontal_flip or settings.vertical_flip:
        change, flips = draw(n, side, settings, device), _flips(n, settings, device)
        out, points = warp(images, points, change, flips, settings)
    if settings.brightness:
        factor = 1 + _uniform(n, settings.brightness, device).view(n, 1, 1, 1)
        out = (out * factor.to(out.dtype)).clamp_(0, 1)
    return out, points


def _uniform(n: int, most: float, device: torch.device) -> Tensor:
    return (2 * torch.rand(n, device=device) - 1) * most


def _flips(n: int, settings: Augmentation, device: torch.device) -> Tensor:
    """(B, 2): whether x, and whether y, is mirrored."""
    allowed = torch.tensor([settings.horizontal_flip, settings.vertical_flip], device=device)
    return (torch.rand(n, 2, device=device) < 0.5) & allowed


def draw(n: int, side: int, settings: Augmentation, device: torch.device) -> Tensor:
    """Random changes of place (B, 2, 3): from pixels about the picture's centre to pixels about the new one's."""
    angle = _uniform(n, math.radians(settings.rotation), device)
    scale = 1 + _uniform(n, settings.zoom, device)
    shear = _uniform(n, settings.shear, device)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    shift = [_uniform(n, settings.shift * side, device) for _ in range(2)]
    rows = [cos, shear * cos - sin, shift[0], sin, shear * sin + cos, shift[1]]
    return torch.stack(rows, dim=1).view(n, 2, 3)


def warp(
    images: Tensor, points: Tensor | None, change: Tensor, flips: Tensor, settings: Augmentation
) -> tuple[Tensor, Tensor | None]:
    """Mirror, then move, pictures and points.

    Args:
        images: (B, 1, S, S).
        points: (B, 15, 2) in pixels, or None.
        change: (B, 2, 3) of `draw`.
        flips: (B, 2), which axes to mirror.
        settings: `fill`, and whether anything but mirrors is on.
    """
    signs = 1 - 2 * flips.float()
    change = torch.cat([change[:, :, :2] * signs[:, None], change[:, :, 2:]], dim=2)
    moved = _resample(images, change, settings.fill) if settings.bends else _mirror(images, flips)
    return moved, None if points is None else move(points, change, flips[:, 0], images.shape[-1])


def _mirror(images: Tensor, flips: Tensor) -> Tensor:
    for column, axis in enumerate((-1, -2)):
        images = torch.where(flips[:, column, None, None, None], images.flip(axis), images)
    return images


def _resample(images: Tensor, change: Tensor, fill: str) -> Tensor:
    """Look up, for each new pixel, where it came from; in float32 whatever the training's precision is."""
    turn = torch.linalg.inv(change[:, :, :2])
    half = (images.shape[-1] - 1) / 2
    theta = torch.cat([turn, -turn @ change[:, :, 2:] / half], dim=2)  # in units of half a side, torch's -1..1
    with torch.autocast(images.device.type, enabled=False):
        grid = functional.affine_grid(theta, list(images.shape), align_corners=True)
        padding = "border" if fill == "edge" else "zeros"
        moved = functional.grid_sample(images.float(), grid, "bilinear", padding, align_corners=True)
    return moved.to(images.dtype)


def move(points: Tensor, change: Tensor, mirrored: Tensor, side: int) -> Tensor:
    """Points (B, 15, 2) where `change` takes them; in mirrored faces the left eye is now called the right one."""
    half = (side - 1) / 2
    points = torch.where(mirrored[:, None, None], points[:, list(MIRRORED)], points)
    return (points - half) @ change[:, :, :2].mT + change[:, None, :, 2] + half
