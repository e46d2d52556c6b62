"""Who says what when: a speaker's sentences with pauses, a listener's short answers in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from faceloom.studio.sentences import BACKCHANNELS, SENTENCES
from faceloom.studio.voice import Prosody, Speech, Timed, Voice, speak

Floats = npt.NDArray[np.float32]

RATE: Final = 44_100
"""Sample rate of the recordings."""

LEVEL: Final = 0.5
"""Highest sample of a track."""

ROOM_NOISE: Final = 3e-4
"""Standard deviation of the noise that every microphone hears."""

PROSODY: Final[dict[str, Prosody]] = {
    "neutral": Prosody(),
    "happy": Prosody(pitch=118, range=150, rate=108, volume=105),
    "sad": Prosody(pitch=88, range=65, rate=84, volume=80),
    "surprise": Prosody(pitch=122, range=170, rate=104, volume=110),
    "anger": Prosody(pitch=104, range=125, rate=112, volume=125),
    "fear": Prosody(pitch=116, range=90, rate=115, volume=90),
    "disgust": Prosody(pitch=94, range=90, rate=92, volume=95),
}
"""How moods sound: the usual directions of emotional prosody (pitch, range, rate, loudness)."""


@dataclass(frozen=True)
class Talk:
    """One side's track."""

    samples: Floats
    """(s,) mono at `RATE`."""
    phonemes: tuple[Timed, ...]
    words: tuple[Timed, ...]
    turns: tuple[tuple[float, float], ...]
    """Start and end of each utterance, seconds."""


def hold_forth(rng: np.random.Generator, voice: Voice, mood: str, seconds: float) -> Talk:
    """Sentences in a mood with pauses until the time is over; what would not fit is not begun.

    Short exclamations come last: they fill what is left, and recordings too short for a sentence.
    """
    texts = [*rng.permutation(SENTENCES[mood]), *rng.permutation(SENTENCES["neutral"]), *BACKCHANNELS[mood]]
    parts: list[tuple[float, Speech]] = []
    at = float(rng.uniform(0.2, 0.9))
    for text in texts:
        speech = speak(str(text), voice, PROSODY[mood])
        if at + speech.duration > seconds - 0.2:
            continue
        parts.append((at, speech))
        at += speech.duration + float(rng.uniform(0.35, 1.1))
    return _lay(rng, parts, seconds)


def answer(rng: np.random.Generator, voice: Voice, mood: str, speaker: Talk, seconds: float, chance: float) -> Talk:
    """Short answers in the speaker's pauses; mostly silence."""
    parts = []
    for _, end in speaker.turns:
        if rng.random() < chance:
            text = str(rng.choice(BACKCHANNELS[mood]))
            speech = speak(text, voice, PROSODY[mood])
            start = end + float(rng.uniform(-0.15, 0.25))
            if start + speech.duration < seconds - 0.1:
                parts.append((start, speech))
    return _lay(rng, parts, seconds)


def _lay(rng: np.random.Generator, parts: list[tuple[float, Speech]], seconds: float) -> Talk:
    track = np.zeros(round(seconds * RATE), np.float32)
    phonemes: list[Timed] = []
    words: list[Timed] = []
    for start, speech in parts:
        samples = resample_poly(speech.samples, RATE, speech.rate).astype(np.float32)
        first = round(start * RATE)
        track[first : first + len(samples)] += samples[: len(track) - first]
        phonemes += [_shift(sound, start) for sound in speech.phonemes]
        words += [_shift(word, start) for word in speech.words]
    track *= LEVEL / max(float(np.abs(track).max()), LEVEL)
    track += ROOM_NOISE * rng.standard_normal(len(track), np.float32)
    turns = tuple((start, start + speech.duration) for start, speech in parts)
    return Talk(track, tuple(phonemes), tuple(words), turns)


def _shift(timed: Timed, seconds: float) -> Timed:
    return replace(timed, start=timed.start + seconds, end=timed.end + seconds)


def cut(talk: Talk, start: float, seconds: float) -> Talk:
    """What is heard of a talk in `seconds` from `start` on; sounds, words and utterances are cut off at both ends."""
    first = round(start * RATE)
    return Talk(
        talk.samples[first : first + round(seconds * RATE)],
        _inside(talk.phonemes, start, seconds),
        _inside(talk.words, start, seconds),
        tuple((a.start, a.end) for a in _inside([Timed("", *turn) for turn in talk.turns], start, seconds)),
    )


def _inside(spans: Iterable[Timed], start: float, seconds: float) -> tuple[Timed, ...]:
    near = (_shift(span, -start) for span in spans)
    heard = (span for span in near if span.end > 0 and span.start < seconds)
    return tuple(replace(span, start=max(span.start, 0.0), end=min(span.end, seconds)) for span in heard)


def on_grid(spans: tuple[Timed, ...], times: Floats) -> list[str]:
    """Name of what sounds at each instant (t,), empty where nothing does."""
    names = [""] * len(times)
    for span in spans:
        for k in range(int(np.searchsorted(times, span.start)), int(np.searchsorted(times, span.end))):
            names[k] = span.name
    return names
