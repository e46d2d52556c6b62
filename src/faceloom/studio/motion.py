"""Pieces of facial motion on the 25 fps grid: wandering, bumps, blinks, glances, nods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

Floats = npt.NDArray[np.float32]

FPS: Final = 25
CLOSING, OPENING = 0.08, 0.16
"""Seconds that a lid takes to fall and to rise."""


@dataclass(frozen=True)
class Motion:
    """A recording's movement, t frames."""

    units: Floats
    """(t, 52) labelled weights, gaze included."""
    angles: Floats
    """(t, 3) yaw, pitch, roll in degrees."""
    sway: Floats
    """(t, 2) shift of the body in shares of the picture, right and down."""

    def cut(self, frames: slice) -> Motion:
        """Some of the frames."""
        return Motion(self.units[frames], self.angles[frames], self.sway[frames])


def wander(rng: np.random.Generator, frames: int, deviation: float, seconds: float) -> Floats:
    """(t,) smooth random motion with a standard deviation and a time over which it keeps its direction."""
    width = seconds * FPS
    margin = int(4 * width) + 1
    smooth = gaussian_filter1d(rng.standard_normal(frames + 2 * margin), width)[margin : margin + frames]
    return np.asarray(smooth * deviation * np.sqrt(2 * np.sqrt(np.pi) * width), np.float32)


def bump(times: Floats, onset: float, rise: float, hold: float, fall: float) -> Floats:
    """(t,) 0-1: cosine rise from `onset`, a hold, a cosine fall; seconds."""
    up = np.clip((times - onset) / rise, 0, 1)
    down = np.clip((times - onset - rise - hold) / fall, 0, 1)
    return np.asarray((0.5 - 0.5 * np.cos(np.pi * up)) * (0.5 + 0.5 * np.cos(np.pi * down)), np.float32)


def blinks(rng: np.random.Generator, times: Floats, a_minute: float) -> Floats:
    """(t,) weight of eyeBlink: full blinks, some of them half, at intervals that scatter about their mean."""
    closed, interval = np.zeros(len(times), np.float32), 60 / a_minute
    at = float(rng.uniform(0, interval))
    while at < times[-1]:
        depth = 1.0 if rng.random() < 0.85 else rng.uniform(0.4, 0.8)
        closed = np.maximum(closed, depth * bump(times, at, CLOSING, rng.uniform(0.02, 0.06), OPENING))
        at += 0.4 + float(rng.gamma(3, (interval - 0.4) / 3))
    return closed


def glances(rng: np.random.Generator, times: Floats, away: float) -> Floats:
    """(t, 2) gaze in degrees to the left and up: on the partner, with small jumps and glances elsewhere.

    Args:
        rng: Source of chance.
        times: (t,) seconds.
        away: Share of the glances that leave the partner.
    """
    gaze, at = np.zeros((len(times), 2), np.float32), 0.0
    while at < times[-1]:
        leaves = rng.random() < away
        aim = rng.normal(0, (11, 7)) if leaves else rng.normal(0, (1.6, 1.2))
        lasts = rng.uniform(0.3, 1.0) if leaves else rng.uniform(0.6, 2.2)
        gaze[times >= at] = np.clip(aim, -24, 20)
        at += lasts
    return np.asarray(gaussian_filter1d(gaze, 0.6, axis=0), np.float32)


def nod(times: Floats, onset: float, cycles: int, rate: float, degrees: float) -> Floats:
    """(t,) pitch of a nod: down and up `cycles` times at `rate` Hz, the first one the deepest."""
    phase = (times - onset) * rate
    inside = (phase >= 0) & (phase <= cycles)
    fade = 1 - 0.5 * np.clip(phase / cycles, 0, 1)
    return np.asarray(np.where(inside, -degrees * fade * (0.5 - 0.5 * np.cos(2 * np.pi * phase)), 0), np.float32)


def idle(rng: np.random.Generator, frames: int, energy: float) -> tuple[Floats, Floats]:
    """Head angles (t, 3) in degrees and sway (t, 2) of somebody who just sits there."""
    angles = [
        wander(rng, frames, energy * size, 0.7) + rng.normal(0, mean) for size, mean in ((3.2, 4), (2, 2), (1.6, 1.5))
    ]
    sway = [wander(rng, frames, energy * size, 1.0) for size in (0.006, 0.004)]
    return np.stack(angles, 1).astype(np.float32), np.stack(sway, 1).astype(np.float32)
