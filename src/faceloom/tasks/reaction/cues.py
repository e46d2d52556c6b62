"""What listeners answer to in a voice, as how long ago it was: a peak of the melody, the end of an utterance.

A network that sees F0 in Hz a frame at a time has to find out what is high for this voice and what a pause is before
it can learn any reaction; minutes of dyads do not teach that. Everything here is causal: row t knows frames up to t.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FPS: Final = 25
DELAYS: Final = (0.3, 0.6, 0.9, 1.2)
"""Seconds after a cue at which a reaction may be under way: a bump of its own for each, 0.15 s to either side."""
BUMP: Final = 0.15

PEAK: Final = 0.7
"""Deviations above the voice's own mean log F0 from which the melody has a peak."""

PAUSE: Final = 0.2
"""Seconds without voice that end an utterance."""

LONGEST: Final = 2.0
"""Seconds after which a cue is forgotten."""

NARROWEST: Final = 0.1
"""Smallest deviation of log F0 that is believed: a voice that has only begun has hardly any."""

WIDTH: Final = 3 + 1 + 2 * len(DELAYS)


@dataclass
class Voice:
    """What is known of a voice so far: moments of log F0, its smoothed height, and seconds since things happened."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    height: float = 0.0
    silence: float = 0.0
    speech: float = 0.0
    since_peak: float = LONGEST

    def hear(self, f0: float, voiced: bool) -> None:
        """One more frame: F0 in Hz, 0 or NaN where there is none."""
        if voiced:
            self.speech = 0.0 if self.silence > PAUSE else self.speech
        self.silence = 0.0 if voiced else self.silence + 1 / FPS
        self.speech += 1 / FPS
        self.since_peak += 1 / FPS
        if voiced and f0 > 0:
            self.height = 0.6 * self.height + 0.4 * self._relative(math.log(f0))
        elif self.silence > PAUSE:
            self.height *= 0.8
        if self.height > PEAK:
            self.since_peak = 0.0

    def _relative(self, log: float) -> float:
        """Log F0 in deviations of this voice (Welford's moments)."""
        self.count += 1
        gap = log - self.mean
        self.mean += gap / self.count
        self.squares += gap * (log - self.mean)
        deviation = max(math.sqrt(self.squares / self.count), NARROWEST)
        return min(3.0, max(-3.0, (log - self.mean) / deviation))


def cues(f0: Floats, is_voiced: NDArray[np.bool_]) -> Floats:
    """Columns (n, 12) of a voice, F0 in Hz (n,) and whether it sounds (n,).

    Seconds of silence, seconds since the utterance began, height of the melody in deviations, seconds since its last
    peak (all at most `LONGEST`), then a bump for each of `DELAYS` after the silence began, and after the peak.
    """
    voice, rows = Voice(), np.empty((len(f0), 4), np.float32)
    for t in range(len(f0)):
        voice.hear(float(f0[t]), bool(is_voiced[t]))
        rows[t] = voice.silence, voice.speech, voice.height, voice.since_peak
    rows = np.minimum(rows, LONGEST)
    after = rows[:, [0, 3]][:, :, None] - np.array(DELAYS, np.float32)
    bumps = np.exp(-0.5 * (after / BUMP) ** 2).reshape(len(rows), -1)
    return np.concatenate([rows, bumps], axis=1).astype(np.float32)
