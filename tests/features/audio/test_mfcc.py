"""librosa is the definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tones import RATE, blocks, quantised, voice

from faceloom.features.audio.mfcc import mel_filters, mfcc


@pytest.fixture(scope="module")
def speech():
    rng = np.random.default_rng(0)
    n = 3 * RATE
    return quantised(voice(150 + 50 * np.sin(np.arange(n) / 9_000)) + rng.normal(0, 1e-3, n))


@pytest.mark.parametrize("window", [640, 1_024])
def test_equals_librosa(speech, window):
    import librosa

    ours = mfcc(blocks(speech), 75, 26, window)
    theirs = librosa.feature.mfcc(y=speech, sr=RATE, n_mfcc=26, n_fft=window, hop_length=640).T[:75]
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-3)  # values reach 600


def test_mel_filters_equal_librosas():
    import librosa

    np.testing.assert_allclose(mel_filters(640), librosa.filters.mel(sr=RATE, n_fft=640), atol=1e-7)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=20))
def test_block_lengths_do_not_matter(sizes):
    samples = quantised(voice(np.full(sum(sizes), 140.0)))
    pieces = np.split(samples, np.cumsum(sizes)[:-1])
    n_frames = len(samples) // 640 + 1
    np.testing.assert_array_equal(mfcc(pieces, n_frames, 20, 640), mfcc([samples], n_frames, 20, 640))


def test_silence_and_missing_samples_are_finite():
    assert np.isfinite(mfcc([np.zeros(RATE, np.float32)], 25, 26, 640)).all()
    assert mfcc([np.zeros(100, np.float32)], 25, 26, 640).shape == (25, 26)
    assert mfcc([], 0, 26, 640).shape == (0, 26)


def test_a_click_is_in_the_frame_of_its_instant():
    samples = np.zeros(RATE, np.float32)
    samples[10 * 640] = 0.5  # frame 10 is the instant 10/25 s
    energy = mfcc([samples], 25, 26, 640)[:, 0]
    assert energy.argmax() == 10
