"""How a listener reacts: nods, smiles, raised and lowered brows, some tenths of a second after what the speaker does.

Reactions are drawn, not computed: several are appropriate to one behaviour of the speaker, and people differ in style.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import find_peaks

from faceloom.facs import AUS
from faceloom.studio.motion import FPS, Motion, blinks, bump, glances, idle, nod, wander
from faceloom.studio.prosody import Melody
from faceloom.studio.speaker import Speaker, mood_shares
from faceloom.studio.talk import Talk
from faceloom.studio.units import columns, looking, units_from_aus
from faceloom.studio.visemes import mouth

Floats = npt.NDArray[np.float32]

LATENCY: Final = (0.2, 0.8)
"""Shortest and longest time from cue to reaction, seconds."""


@dataclass(frozen=True)
class Style:
    """A manner of listening: odds of each reaction to a cue, how much the speaker's mood is mirrored, quickness."""

    nod: float
    smile: float
    raise_: float
    frown: float
    mirror: float
    latency: float
    answers: float
    """Chance of a short answer in a pause."""


STYLES: Final[dict[str, Style]] = {
    "attentive": Style(nod=0.55, smile=0.15, raise_=0.20, frown=0.05, mirror=0.5, latency=0.40, answers=0.5),
    "warm": Style(nod=0.35, smile=0.45, raise_=0.15, frown=0.02, mirror=0.8, latency=0.35, answers=0.6),
    "lively": Style(nod=0.30, smile=0.25, raise_=0.40, frown=0.10, mirror=0.7, latency=0.30, answers=0.7),
    "reserved": Style(nod=0.15, smile=0.06, raise_=0.06, frown=0.05, mirror=0.2, latency=0.60, answers=0.15),
    "sceptical": Style(nod=0.10, smile=0.05, raise_=0.20, frown=0.40, mirror=0.2, latency=0.50, answers=0.25),
}

SUITS: Final[dict[str, dict[str, float]]] = {
    "happy": {"smile": 2.0, "frown": 0.2},
    "sad": {"smile": 0.2, "frown": 1.5, "nod": 1.2},
    "surprise": {"raise_": 2.0, "smile": 1.2},
    "anger": {"frown": 1.8, "smile": 0.3},
    "fear": {"raise_": 1.5, "smile": 0.2},
    "disgust": {"frown": 1.5, "smile": 0.6},
}
"""Which reactions suit the speaker's mood: factors of the odds."""

FACES: Final[dict[str, dict[str, float]]] = {
    "smile": {"AU06": 0.45, "AU12": 0.75},
    "raise_": {"AU01": 0.60, "AU02": 0.65, "AU05": 0.25},
    "frown": {"AU04": 0.60, "AU07": 0.25},
}
"""Shares of full intensity at a reaction's height."""


def react(
    rng: np.random.Generator, style: Style, speaker: Speaker, heard: Talk, tune: Melody, said: Talk, mood: str
) -> Motion:
    """Move a listener.

    Args:
        rng: Source of chance.
        style: One of `STYLES`.
        speaker: Whom they watch.
        heard: The speaker's talk.
        tune: Its melody.
        said: The listener's own short answers.
        mood: The speaker's.
    """
    frames = len(tune.pitch)
    times = (np.arange(frames) / FPS).astype(np.float32)
    angles, sway = idle(rng, frames, 0.8)
    shares = mood_shares(mood, _delayed(speaker.intensity, style.latency)) * style.mirror * 0.8
    for cue in _cues(heard, tune, times):
        kind = _choose(rng, style, mood)
        onset = cue + float(np.clip(rng.normal(style.latency, 0.12), *LATENCY))
        if kind == "nod":
            angles[:, 1] += nod(times, onset, int(rng.integers(1, 4)), rng.uniform(1.8, 2.8), rng.uniform(3, 8))
        elif kind:
            shape = bump(times, onset, rng.uniform(0.2, 0.4), rng.uniform(0.2, 1.2), rng.uniform(0.4, 0.9))
            for au, share in FACES[kind].items():
                shares[:, AUS.index(au)] += share * rng.uniform(0.5, 1.1) * shape
    for au in ("AU01", "AU04", "AU12"):
        shares[:, AUS.index(au)] += wander(rng, frames, 0.03, 0.5)
    units = units_from_aus(5 * np.clip(shares, 0, 1)) + mouth(said.phonemes, times, 0.8)
    units[:, columns("eyeBlink")] = blinks(rng, times, rng.uniform(10, 22))[:, None]
    units = np.stack([looking(row, tuple(gaze)) for row, gaze in zip(units, glances(rng, times, 0.12), strict=True)])
    return Motion(units.clip(0, 1), angles, sway)


def _delayed(values: Floats, seconds: float) -> Floats:
    shift = round(seconds * FPS)
    return np.concatenate([np.full(shift, values[0], np.float32), values])[: len(values)]


def _cues(heard: Talk, tune: Melody, times: Floats) -> list[float]:
    """When a listener may react: at peaks of the melody and where an utterance ends."""
    peaks = find_peaks(tune.pitch, height=0.8, distance=20)[0]
    return sorted([*(float(times[peak]) for peak in peaks), *(end for _, end in heard.turns)])


def _choose(rng: np.random.Generator, style: Style, mood: str) -> str:
    """A reaction or none (an empty name)."""
    suits = SUITS.get(mood, {})
    odds = {kind: getattr(style, kind) * suits.get(kind, 1.0) for kind in ("nod", *FACES)}
    total = max(1.0, sum(odds.values()))
    shares = [*(value / total for value in odds.values()), 1 - sum(odds.values()) / total]
    return str(rng.choice([*odds, ""], p=shares))
