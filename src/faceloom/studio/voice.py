"""Speech with exact times: espeak-ng through its C callback gives samples and when every phoneme and word starts."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError

Floats = npt.NDArray[np.float32]

FEMALE: Final = ("f1", "f2", "f3", "f4", "f5", "linda", "steph", "belinda")
MALE: Final = ("m1", "m2", "m3", "m4", "m6", "m7", "m8", "max", "adam")
ACCENTS: Final = ("gmw/en-US", "gmw/en")

NOISE: Final = 1
"""Seed of the noise in every utterance."""

_SYNCHRONOUS, _PHONEME_EVENTS, _DONT_EXIT = 2, 0x1, 0x8000
_UTF8, _SSML = 0x1, 0x10
_RATE, _PITCH, _RANGE = 1, 3, 4
_WORD, _PHONEME = 1, 7


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Voice:
    """How one person sounds."""

    variant: str
    """espeak voice, for example `en-us+f3`."""
    pitch: int
    """0-99, 50 is the variant's own."""
    range: int
    """Liveliness of the melody, 0-99."""
    rate: int
    """Words a minute."""


@dataclass(frozen=True)
class Prosody:
    """SSML prosody of an utterance, in percent of the voice's own."""

    pitch: int = 100
    range: int = 100
    rate: int = 100
    volume: int = 100


@dataclass(frozen=True)
class Timed:
    """A phoneme or a word and when it sounds, seconds."""

    name: str
    start: float
    end: float
    stressed: bool = False


@dataclass(frozen=True)
class Speech:
    """One utterance."""

    samples: Floats
    """(s,) mono, -1..1."""
    rate: int
    phonemes: tuple[Timed, ...]
    words: tuple[Timed, ...]

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate


def sample_voice(rng: np.random.Generator, maleness: float) -> Voice:
    """Draw a voice that fits an identity."""
    names = MALE if rng.random() < maleness else FEMALE
    return Voice(
        variant=f"{rng.choice(ACCENTS)}+{rng.choice(names)}",
        pitch=int(rng.integers(38, 63)),
        range=int(rng.integers(45, 85)),
        rate=int(rng.integers(145, 190)),
    )


def speak(text: str, voice: Voice, prosody: Prosody | None = None) -> Speech:
    """Synthesise a text; equal arguments give equal samples.

    Raises:
        InputError: the extra `studio` (package espeakng-loader) is not installed.
    """
    data = _ssml(text, prosody or Prosody()).encode()
    engine = _Engine()
    try:
        engine.synthesise(data, voice)
    finally:
        engine.close()
    samples = np.asarray(np.concatenate([np.zeros(0, np.int16), *engine.blocks]), np.float32) / np.float32(32768)
    end = len(samples) / engine.rate
    phonemes = tuple(_spans(engine.phonemes, end))
    spoken = [(second, data[place : place + length].decode()) for second, place, length in engine.words]
    return Speech(samples, engine.rate, phonemes, tuple(_voiced(_spans(spoken, end), phonemes)))


def _ssml(text: str, prosody: Prosody) -> str:
    return (
        f'<speak><prosody pitch="{prosody.pitch}%" range="{prosody.range}%" rate="{prosody.rate}%" '
        f'volume="{prosody.volume}%">{escape(text)}</prosody></speak>'
    )


def _spans(starts: list[tuple[float, str]], end: float) -> Iterator[Timed]:
    """Each event lasts until the next one; pauses (`_`) and marks without a sound are left out."""
    following = [*(second for second, _ in starts[1:]), end]
    for (second, mark), until in zip(starts, following, strict=True):
        name = mark.strip("',%=")
        if name and name[0] not in "_;" and until > second:
            yield Timed(name, second, until, stressed=mark.startswith("'"))


def _voiced(words: Iterator[Timed], phonemes: tuple[Timed, ...]) -> Iterator[Timed]:
    """Words without the pauses after them."""
    for word in words:
        ends = [sound.end for sound in phonemes if word.start <= sound.start < word.end]
        yield replace(word, end=min(word.end, max(ends, default=word.end)))


class _Engine:
    """The library, loaded anew for each utterance: the synthesiser keeps state from one to the next."""

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError:
            message = "studio: package `espeakng-loader` is missing; run `pip install 'faceloom[studio]'`."
            raise InputError(message) from None
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.blocks: list[npt.NDArray[np.int16]] = []
        self.phonemes: list[tuple[float, str]] = []
        self.words: list[tuple[float, int, int]] = []
        self.callback = _Callback(self._collect)
        folder = espeakng_loader.get_data_path()
        options = _PHONEME_EVENTS | _DONT_EXIT
        self.rate = int(self.library.espeak_Initialize(_SYNCHRONOUS, 0, folder.encode(), options))
        if self.rate <= 0:
            raise InputError(f"studio: espeak-ng cannot read its data in {folder}; reinstall `faceloom[studio]`.")
        self.library.espeak_SetSynthCallback(self.callback)
        # the noise in breathy voices otherwise begins where the clock says
        self.library.espeak_ng_SetRandSeed(ctypes.c_long(NOISE))

    def synthesise(self, data: bytes, voice: Voice) -> None:
        """Fill blocks, phonemes and words from SSML."""
        if self.library.espeak_SetVoiceByName(voice.variant.encode()) != 0:
            raise InputError(f"studio: espeak-ng has no voice `{voice.variant}`; use one of its variants.")
        for setting, value in ((_RATE, voice.rate), (_PITCH, voice.pitch), (_RANGE, voice.range)):
            self.library.espeak_SetParameter(setting, value, 0)
        self.library.espeak_Synth(data, len(data) + 1, 0, 0, 0, _UTF8 | _SSML, None, None)

    def close(self) -> None:
        """Unload."""
        self.library.espeak_Terminate()
        ctypes.CDLL(None).dlclose(ctypes.c_void_p(self.library._handle))

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self.blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        k = 0
        while events[k].type != 0:
            event = events[k]
            second = event.audio_position / 1000
            if event.type == _PHONEME:
                self.phonemes.append((second, event.id.string.decode("utf-8", "replace")))
            elif event.type == _WORD:
                self.words.append((second, event.text_position - 1, event.length))
            k += 1
        return 0
