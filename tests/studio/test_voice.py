import sys
import time
from itertools import pairwise

import numpy as np
import pytest

from faceloom.errors import InputError
from faceloom.studio.prosody import melody
from faceloom.studio.sentences import SENTENCES
from faceloom.studio.talk import RATE, cut, hold_forth, on_grid
from faceloom.studio.units import INDEX
from faceloom.studio.visemes import DIPHTHONGS, SHAPE_OF, VISEMES, mouth
from faceloom.studio.voice import Prosody, Timed, Voice, speak

VOICE = Voice("gmw/en-US+f3", 50, 60, 170)


def test_times_are_monotone_and_inside_the_samples() -> None:
    speech = speak("Maybe we should move the piano.", VOICE)
    assert speech.rate == 22_050
    assert np.abs(speech.samples).max() > 0.1
    for spans in (speech.phonemes, speech.words):
        assert spans
        assert all(span.start < span.end <= speech.duration for span in spans)
        assert all(a.end <= b.start + 1e-6 for a, b in pairwise(spans))
    assert [word.name for word in speech.words] == ["Maybe", "we", "should", "move", "the", "piano"]
    assert {"m", "b"} <= {sound.name for sound in speech.phonemes}


def test_an_utterance_does_not_depend_on_what_was_said_before() -> None:
    first = speak("Good morning.", VOICE)
    speak("Something else entirely.", Voice("gmw/en+m3", 40, 50, 150))
    assert np.array_equal(first.samples, speak("Good morning.", VOICE).samples)


@pytest.mark.parametrize("variant", ["f2", "f3", "f5"])
def test_the_noise_of_a_breathy_voice_does_not_follow_the_clock(variant: str) -> None:
    voice = Voice(f"gmw/en+{variant}", 50, 60, 170)
    first = speak("Good morning.", voice)
    time.sleep(1.1)  # the library seeds itself with whole seconds
    assert np.array_equal(first.samples, speak("Good morning.", voice).samples)


def test_prosody_and_voice_are_heard() -> None:
    def pitch(speech) -> float:
        f0 = melody(speech.samples, speech.rate, int(speech.duration * 25)).f0
        return float(np.median(f0[f0 > 0]))

    plain, high = (speak("We were walking along the river.", VOICE, Prosody(pitch=p)) for p in (100, 130))
    assert pitch(high) > 1.08 * pitch(plain)
    slow = speak("We were walking along the river.", VOICE, Prosody(rate=70))
    assert slow.duration > 1.15 * plain.duration
    man = speak("We were walking along the river.", Voice("gmw/en-US+m3", 50, 60, 170))
    assert pitch(man) < pitch(plain)


def test_an_unknown_voice_and_a_missing_package_are_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no voice `xx`"):
        speak("Hello.", Voice("xx", 50, 50, 170))
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match=r"pip install 'faceloom\[studio\]'"):
        speak("Hello.", VOICE)


def test_the_melody_of_a_tone_is_its_frequency() -> None:
    time = np.arange(RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 180 * k * time) / k for k in range(1, 8)).astype(np.float32)
    f0 = melody(np.concatenate([0.2 * tone, np.zeros(RATE, np.float32)]), RATE, 50).f0
    assert np.abs(f0[2:23] - 180).max() < 3
    assert (f0[27:] == 0).all()


def test_lips_close_on_m_and_open_on_a() -> None:
    sounds = [Timed("m", 0.2, 0.3), Timed("A:", 0.3, 0.5)]
    times = np.arange(25, dtype=np.float32) / 25
    units = mouth(sounds, times, 1.0)
    closed, opened = units[round(0.21 * 25)], units[round(0.36 * 25)]
    assert opened[INDEX["jawOpen"]] > 0.3 > 0.15 > closed[INDEX["jawOpen"]]
    assert closed[INDEX["mouthPressLeft"]] > opened[INDEX["mouthPressLeft"]]
    assert units[-1].max() < 0.02


def test_every_phoneme_of_our_sentences_has_a_shape() -> None:
    known = set(SHAPE_OF) | set(DIPHTHONGS)
    assert set(SHAPE_OF.values()) <= set(VISEMES)
    said = [sound.name for texts in SENTENCES.values() for sound in speak(" ".join(texts), VOICE).phonemes]
    assert sum(name not in known for name in said) / len(said) < 0.01


def test_a_talk_fits_its_time_and_its_phonemes_are_where_the_sound_is() -> None:
    talk = hold_forth(np.random.default_rng(0), VOICE, "happy", 8.0)
    assert len(talk.samples) == 8 * RATE
    assert talk.turns[-1][1] < 8
    times = (np.arange(200) / 25).astype(np.float32)
    sounding = np.array([bool(name) for name in on_grid(talk.phonemes, times)])
    loudness = melody(talk.samples, RATE, 200).loudness
    assert sounding.mean() > 0.4
    assert loudness[sounding].mean() > 2 * loudness[~sounding].mean()


def test_a_cut_talk_is_what_is_heard_in_between():
    talk = hold_forth(np.random.default_rng(0), VOICE, "happy", 8.0)
    part = cut(talk, 2.0, 3.0)
    assert np.array_equal(part.samples, talk.samples[2 * RATE : 5 * RATE])
    times = (np.arange(200) / 25).astype(np.float32)
    for of in ("phonemes", "words"):
        assert on_grid(getattr(part, of), times[:75]) == on_grid(getattr(talk, of), times)[50:125]
        assert all(0 <= span.start < span.end <= 3 for span in getattr(part, of))
    assert all(0 <= start < end <= 3 for start, end in part.turns)
