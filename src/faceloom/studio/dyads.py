"""Pairs of recordings, a speaker and a listener, with synchronous speech and truth tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom.facs import UPPER_FACE_AUS
from faceloom.media.write import MediaWriter
from faceloom.store.records import write_table
from faceloom.studio.identity import Identity, sample_identity
from faceloom.studio.listener import STYLES, react
from faceloom.studio.motion import FPS, Motion
from faceloom.studio.prosody import melody
from faceloom.studio.render import Rendered, render
from faceloom.studio.scene import Light, room, sample_light
from faceloom.studio.sentences import SENTENCES
from faceloom.studio.speaker import perform, sample_temper
from faceloom.studio.talk import RATE, Talk, answer, cut, hold_forth
from faceloom.studio.truth import Seen, truth_table
from faceloom.studio.units import labels_from_units
from faceloom.studio.voice import sample_voice

Floats = npt.NDArray[np.float32]

ROLES: Final = ("speaker", "listener")
STREAM: Final = 1
"""Keeps the random numbers of the dyads apart from those of the stills."""

CRF: Final = 24
"""x264's quality: with its fastest preset as near to the drawn frames (37-39 dB) as 20 with `veryfast`, at 0.4
of the time; the files are two and a half times as large, half a megabyte each."""

EYE_LEVEL: Final = -0.02
"""Shift of the resting head from the picture's middle, as a share of its side."""


BEFORE: Final = 5.0
"""Longest time that the talk is under way when the camera starts: films that all begin with a first word and pause at
the same time would make the mean of many a good guess at any."""

AFTER: Final = 2.0
"""Shortest time that the talk goes on when the camera stops, seconds."""


@dataclass(frozen=True)
class Take:
    """One side of a dyad, ready to be filmed."""

    identity: Identity
    motion: Motion
    talk: Talk
    light: Light
    background: npt.NDArray[np.uint8]
    eye_distance: float


@dataclass(frozen=True)
class Dyad:
    """Both sides and what is told about them."""

    takes: dict[str, Take]
    mood: str
    style: str
    ceiling: dict[str, float]
    """Pearson r between each upper-face action unit and what speech alone says of it."""


def direct(seed: int, index: int, seconds: float, size: int) -> Dyad:
    """Draw dyad number `index`, `seconds` out of a longer talk; it depends on nothing but the arguments."""
    rng = np.random.default_rng([seed, STREAM, index])
    mood = str(rng.choice([*SENTENCES], p=_mood_odds()))
    style = str(rng.choice([*STYLES]))
    people = {role: sample_identity(rng) for role in ROLES}
    voices = {role: sample_voice(rng, people[role].maleness) for role in ROLES}
    whole = BEFORE + seconds + AFTER
    said = hold_forth(rng, voices["speaker"], mood, whole)
    answers = answer(rng, voices["listener"], mood, said, whole, STYLES[style].answers)
    tune = melody(said.samples, RATE, round(whole * FPS))
    speaker = perform(rng, sample_temper(rng), said, tune, mood)
    chance = rng.spawn(1)[0]  # its own, so that the speaker's side does not depend on how listeners react
    reaction = react(chance, STYLES[style], speaker, said, tune, answers, mood)
    first = int(rng.integers(round(BEFORE * FPS) + 1))
    shown = slice(first, first + round(seconds * FPS))
    motions = {"speaker": speaker.motion.cut(shown), "listener": reaction.cut(shown)}
    talks = {"speaker": cut(said, first / FPS, seconds), "listener": cut(answers, first / FPS, seconds)}
    takes = {
        role: Take(
            people[role], motions[role], talks[role], sample_light(rng, 0.4), room(rng, size), rng.uniform(0.21, 0.25)
        )
        for role in ROLES
    }
    return Dyad(takes, mood, style, ceiling(motions["speaker"], speaker.expected[shown]))


def _mood_odds() -> list[float]:
    """Half of the talk is happy or neutral."""
    odds = {mood: 3.0 if mood in ("neutral", "happy") else 1.0 for mood in SENTENCES}
    return [value / sum(odds.values()) for value in odds.values()]


def ceiling(motion: Motion, expected: Floats) -> dict[str, float]:
    """How well the best possible model of speech could do: r of what is expected with what is shown."""
    shown = labels_from_units(motion.units)[:, : len(UPPER_FACE_AUS)]
    scores = {}
    for k, au in enumerate(UPPER_FACE_AUS):
        spread = float(shown[:, k].std() * expected[:, k].std())
        r = float(np.corrcoef(shown[:, k], expected[:, k])[0, 1]) if spread > 1e-6 else 0.0
        scores[au] = round(r, 3)
    return scores


def film(take: Take, size: int) -> Iterator[Rendered]:
    """Frames of one side, one at a time; the body stays, the head moves on its neck."""
    motion = take.motion
    for units, angles, sway in zip(motion.units, motion.angles, motion.sway, strict=True):
        yield render(
            take.identity,
            units,
            yaw=float(angles[0]),
            pitch=float(angles[1]),
            roll=float(angles[2]),
            size=size,
            light=take.light,
            background=take.background,
            eye_distance=take.eye_distance,
            offset=(float(sway[0]) * size, (float(sway[1]) + EYE_LEVEL) * size),
            follow=False,
        )


def write_take(take: Take, path: Path, size: int) -> None:
    """Write `<path>` (mp4) and the truth table beside it."""
    seen: list[Seen] = []
    samples, block = take.talk.samples, RATE // FPS
    with MediaWriter(path, (size, size), RATE, preset="ultrafast", crf=CRF) as writer:
        for k, frame in enumerate(film(take, size)):
            writer.write_rgb(frame.image)
            writer.write_audio(samples[k * block : (k + 1) * block])
            seen.append(Seen.of(frame))
    times = (np.arange(len(seen)) / FPS).astype(np.float32)
    write_table(path.with_suffix(".truth.parquet"), [truth_table(take.motion, seen, take.talk, times)])


def write_dyad(out: Path, seed: int, index: int, seconds: float, size: int) -> dict[str, dict[str, Any]]:
    """Write `dyad-NNN/{speaker,listener}.mp4` with truth; returns their entries of studio.json."""
    session = f"dyad-{index:03d}"
    folder = out / session
    folder.mkdir(parents=True, exist_ok=True)
    dyad = direct(seed, index, seconds, size)
    entries: dict[str, dict[str, Any]] = {}
    for k, role in enumerate(ROLES):
        write_take(dyad.takes[role], folder / f"{role}.mp4", size)
        entries[f"{session}/{role}.mp4"] = {
            "subject": f"subject-{2 * index + k:03d}",
            "session": session,
            "role": role,
            "partner": f"{session}/{ROLES[1 - k]}.mp4",
            "mood": dyad.mood,
        }
    entries[f"{session}/speaker.mp4"]["ceiling"] = dyad.ceiling
    entries[f"{session}/listener.mp4"]["style"] = dyad.style
    return entries
