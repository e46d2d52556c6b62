"""How a speaker's face and head follow their own speech and mood.

Brows rise with the melody and at its peaks, as strongly as this person does it and never quite the same: speech
predicts the upper face only in part, and `Speaker.expected` is the part that it predicts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

from faceloom.facs import AUS, PROTOTYPES, UPPER_FACE_AUS
from faceloom.studio.motion import FPS, Motion, blinks, bump, glances, idle, nod, wander
from faceloom.studio.prosody import Melody
from faceloom.studio.talk import Talk
from faceloom.studio.units import columns, looking, units_from_aus
from faceloom.studio.visemes import mouth

Floats = npt.NDArray[np.float32]

RISING: Final = {"AU01": 0.26, "AU02": 0.24, "AU05": 0.14, "AU06": 0.05, "AU07": 0.0}
"""Share of full intensity per standard deviation of pitch above the speaker's median, for a lively person."""

LOUD: Final = {"AU06": 0.12, "AU07": 0.22, "AU04": 0.10}
"""Share of full intensity at the speaker's loudest."""

FALLING: Final = {"AU04": 0.22, "AU07": 0.08}
"""Share per standard deviation of pitch below the median while speaking."""

ACCENT: Final = {"AU01": 0.40, "AU02": 0.40, "AU05": 0.25}
"""Share added at a peak of the melody by a brow flash."""

NOISE: Final = 0.10
"""Standard deviation of what nothing explains, as a share of full intensity."""

EMOTION_FREE: Final = ("AU25", "AU26", "AU45")
"""Owned by speech and blinks, left out of moods."""


@dataclass(frozen=True)
class Temper:
    """What differs between speakers."""

    brows: float
    flash: float
    """Chance of a brow flash at a peak of the melody."""
    tension: float
    articulation: float
    head: float
    blinks_a_minute: float


@dataclass(frozen=True)
class Speaker:
    """A speaker's motion and what speech and mood say of the upper face."""

    motion: Motion
    expected: Floats
    """(t, 6) intensities 0-5 of the upper face that follow from speech alone."""
    intensity: Floats
    """(t,) 0-1, how much the mood shows."""


def sample_temper(rng: np.random.Generator) -> Temper:
    """Draw a speaker's manner."""
    return Temper(
        brows=float(rng.uniform(0.6, 1.3)),
        flash=float(rng.uniform(0.3, 0.75)),
        tension=float(rng.uniform(0.6, 1.3)),
        articulation=float(rng.uniform(0.75, 1.2)),
        head=float(rng.uniform(0.6, 1.4)),
        blinks_a_minute=float(rng.uniform(12, 26)),
    )


def perform(rng: np.random.Generator, temper: Temper, talk: Talk, tune: Melody, mood: str) -> Speaker:
    """Move a speaker; frames as many as the melody has."""
    frames = len(tune.pitch)
    times = (np.arange(frames) / FPS).astype(np.float32)
    peaks = find_peaks(tune.pitch, height=0.5, prominence=0.4, distance=8)[0]
    explained = _explained(temper, tune)
    accents = _accents(rng, temper, times, tune, peaks)
    intensity = mood_intensity(rng, frames)
    shown = _noisy(rng, explained, frames) + accents[0] + mood_shares(mood, intensity)
    units = units_from_aus(5 * np.clip(shown, 0, 1))
    units += mouth(talk.phonemes, times, temper.articulation)
    units[:, columns("eyeBlink")] = blinks(rng, times, temper.blinks_a_minute)[:, None]
    units = np.stack([looking(row, tuple(gaze)) for row, gaze in zip(units, glances(rng, times, 0.3), strict=True)])
    angles, sway = idle(rng, frames, temper.head)
    angles[:, 1] += _beats(rng, temper, times, talk)
    upper = [AUS.index(au) for au in UPPER_FACE_AUS]
    expected = 5 * np.clip(explained + accents[1], 0, 1)[:, upper]
    return Speaker(Motion(units.clip(0, 1), angles, sway), expected.astype(np.float32), intensity)


def _explained(temper: Temper, tune: Melody) -> Floats:
    """(t, 17) shares that follow from melody and loudness."""
    shares = np.zeros((len(tune.pitch), len(AUS)), np.float32)
    speaking = np.clip(tune.loudness * 3, 0, 1)
    for table, drive, size in (
        (RISING, np.clip(tune.pitch, 0, None), temper.brows),
        (FALLING, np.clip(-tune.pitch, 0, None) * speaking, temper.tension),
        (LOUD, tune.loudness, temper.tension),
    ):
        for au, gain in table.items():
            shares[:, AUS.index(au)] += gain * size * drive
    return shares


def _accents(
    rng: np.random.Generator, temper: Temper, times: Floats, tune: Melody, peaks: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """(t, 17) shares of the brow flashes that happen, and of those to be expected."""
    happen, expect = np.zeros((2, len(times), len(AUS)), np.float32)
    for peak in peaks:
        height = min(1.5, 0.5 + 0.5 * float(tune.pitch[peak])) * temper.brows
        onset, hold = times[peak] - rng.uniform(0.12, 0.24), rng.uniform(0.04, 0.2)
        flash = height * rng.lognormal(0, 0.25) * (rng.random() < temper.flash) * bump(times, onset, 0.14, hold, 0.22)
        usual = height * temper.flash * bump(times, times[peak] - 0.18, 0.14, 0.12, 0.22)
        for au, gain in ACCENT.items():
            happen[:, AUS.index(au)] += gain * flash
            expect[:, AUS.index(au)] += gain * usual
    return happen, expect


def _noisy(rng: np.random.Generator, explained: Floats, frames: int) -> Floats:
    """The explained shares with a slow drift of strength and noise in the upper face."""
    shares = explained.copy()
    for au in UPPER_FACE_AUS:
        drift = np.exp(wander(rng, frames, 0.4, 0.8))
        shares[:, AUS.index(au)] = shares[:, AUS.index(au)] * drift + wander(rng, frames, NOISE, 0.25)
    return shares


def mood_intensity(rng: np.random.Generator, frames: int) -> Floats:
    """(t,) 0-1, slowly swelling and fading."""
    return np.asarray(np.clip(rng.uniform(0.25, 0.65) + wander(rng, frames, 0.18, 1.2), 0, 1), np.float32)


def mood_shares(mood: str, intensity: Floats) -> Floats:
    """(t, 17) shares of a mood's prototype, without what speech and blinks own."""
    shares = np.zeros((len(intensity), len(AUS)), np.float32)
    for au, share in PROTOTYPES[mood].items():
        if au not in EMOTION_FREE:
            shares[:, AUS.index(au)] = 0.6 * share * intensity
    return shares


def _beats(rng: np.random.Generator, temper: Temper, times: Floats, talk: Talk) -> Floats:
    """(t,) pitch of small nods on some stressed syllables."""
    pitch = np.zeros(len(times), np.float32)
    for sound in talk.phonemes:
        if sound.stressed and rng.random() < 0.3:
            pitch += nod(times, sound.start - 0.06, 1, 2.6, temper.head * rng.uniform(1.5, 4))
    return pitch
