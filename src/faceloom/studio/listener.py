"""How a listener reacts: nods, smiles, raised and lowered brows, some tenths of a second after what the speaker does.

Reactions are drawn, not computed: several are appropriate to one behaviour of the speaker, and people differ in style.
What suits follows from the speaker's mood and from the cue (a peak of the melody, the end of an utterance), so that a
listener can be predicted in part, as in life; the mood itself is mirrored as far as the style goes.
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
    """A manner of listening."""

    nod: float
    """Chance of a nod at a cue."""
    face: float
    """Chance that the face answers a cue."""
    leaning: dict[str, float]
    """Factors of the odds of the faces in `SUITS`."""
    mirror: float
    """How much of the speaker's mood shows on the listener."""
    latency: float
    """Usual time from cue to reaction, seconds."""
    answers: float
    """Chance of a short answer in a pause."""


STYLES: Final[dict[str, Style]] = {
    "attentive": Style(nod=0.55, face=0.85, leaning={}, mirror=0.8, latency=0.40, answers=0.5),
    "warm": Style(nod=0.35, face=0.90, leaning={"smile": 2.0, "frown": 0.5}, mirror=1.0, latency=0.35, answers=0.6),
    "lively": Style(nod=0.30, face=0.95, leaning={"raise": 1.5}, mirror=0.9, latency=0.30, answers=0.7),
    "reserved": Style(nod=0.15, face=0.50, leaning={}, mirror=0.5, latency=0.60, answers=0.15),
    "sceptical": Style(
        nod=0.10, face=0.75, leaning={"frown": 2.5, "smile": 0.5}, mirror=0.5, latency=0.50, answers=0.25
    ),
}

SUITS: Final[dict[str, dict[str, dict[str, float]]]] = {
    "neutral": {"peak": {"raise": 0.90, "frown": 0.10}, "end": {"smile": 0.90, "frown": 0.10}},
    "happy": {"peak": {"raise": 0.75, "smile": 0.25}, "end": {"smile": 0.95, "raise": 0.05}},
    "sad": {"peak": {"raise": 0.75, "concern": 0.25}, "end": {"concern": 0.90, "smile": 0.10}},
    "surprise": {"peak": {"raise": 0.95, "smile": 0.05}, "end": {"smile": 0.80, "raise": 0.20}},
    "anger": {"peak": {"raise": 0.75, "frown": 0.25}, "end": {"concern": 0.80, "frown": 0.20}},
    "fear": {"peak": {"raise": 0.85, "concern": 0.15}, "end": {"concern": 0.90, "raise": 0.10}},
    "disgust": {"peak": {"raise": 0.75, "frown": 0.25}, "end": {"concern": 0.75, "frown": 0.25}},
}
"""Which faces suit the speaker's mood at a peak of the melody and at the end of an utterance, and how often."""

FACES: Final[dict[str, dict[str, float]]] = {
    "smile": {"AU06": 0.55, "AU12": 0.85},
    "raise": {"AU01": 0.75, "AU02": 0.80, "AU05": 0.35},
    "frown": {"AU04": 0.65, "AU07": 0.35},
    "concern": {"AU01": 0.55, "AU04": 0.55, "AU15": 0.55},
}
"""Shares of full intensity at a reaction's height."""

CONTAGION: Final = 0.6
"""Share of the speaker's mood on the face of a listener who mirrors all of it, relative to the speaker's own."""


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
    shares = mood_shares(mood, _delayed(speaker.intensity, style.latency)) * style.mirror * CONTAGION
    for at, cue in _cues(heard, tune, times):
        onset = at + float(np.clip(rng.normal(style.latency, 0.08), *LATENCY))
        if rng.random() < style.nod:
            angles[:, 1] += nod(times, onset, int(rng.integers(1, 4)), rng.uniform(1.8, 2.8), rng.uniform(3, 8))
        if rng.random() < style.face:
            shape = bump(times, onset, rng.uniform(0.2, 0.4), rng.uniform(0.3, 1.0), rng.uniform(0.4, 0.9))
            shape *= rng.uniform(0.75, 1.1)
            for au, share in FACES[_choose(rng, style, mood, cue)].items():
                column = AUS.index(au)
                shares[:, column] = np.maximum(shares[:, column], share * shape)
    for au in ("AU01", "AU04", "AU12"):
        shares[:, AUS.index(au)] += wander(rng, frames, 0.03, 0.5)
    units = units_from_aus(5 * np.clip(shares, 0, 1)) + mouth(said.phonemes, times, 0.8)
    units[:, columns("eyeBlink")] = blinks(rng, times, rng.uniform(10, 22))[:, None]
    units = np.stack([looking(row, tuple(gaze)) for row, gaze in zip(units, glances(rng, times, 0.12), strict=True)])
    return Motion(units.clip(0, 1), angles, sway)


def _delayed(values: Floats, seconds: float) -> Floats:
    shift = round(seconds * FPS)
    return np.concatenate([np.full(shift, values[0], np.float32), values])[: len(values)]


def _cues(heard: Talk, tune: Melody, times: Floats) -> list[tuple[float, str]]:
    """When a listener may react, and to what: peaks of the melody and ends of utterances."""
    peaks = find_peaks(tune.pitch, height=0.8, distance=20)[0]
    return sorted([*((float(times[peak]), "peak") for peak in peaks), *((end, "end") for _, end in heard.turns)])


def _choose(rng: np.random.Generator, style: Style, mood: str, cue: str) -> str:
    """One of `FACES`."""
    odds = {face: odd * style.leaning.get(face, 1.0) for face, odd in SUITS[mood][cue].items()}
    return str(rng.choice([*odds], p=np.array([*odds.values()]) / sum(odds.values())))
