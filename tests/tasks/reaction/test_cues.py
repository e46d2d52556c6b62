"""How long ago a voice peaked or fell silent."""

import numpy as np
import pytest

from faceloom.tasks.reaction.cues import DELAYS, LONGEST, WIDTH, cues


def spoken(frames=150, peak=60, end=100):
    """A voice around 120 Hz with one peak, which ends; frames of 40 ms."""
    t = np.arange(frames)
    f0 = 120 + 3 * np.sin(t) + 60 * np.exp(-0.5 * ((t - peak) / 3) ** 2)
    voiced = t < end
    return np.where(voiced, f0, 0).astype(np.float32), voiced


def test_seconds_since_the_voice_ended_and_since_its_peak():
    found = cues(*spoken())
    assert found.shape == (150, WIDTH)
    assert found[99, 0] == 0
    assert found[110, 0] == pytest.approx(11 / 25, abs=1e-5)
    assert found[149, 0] == pytest.approx(LONGEST)
    peak = int(np.flatnonzero(found[:, 3] == 0)[-1])
    assert 60 <= peak <= 72  # as long as the melody is high
    assert found[90, 3] == pytest.approx((90 - peak) / 25, abs=1e-5)


def test_each_bump_stands_at_its_delay():
    found = cues(*spoken())
    for k, delay in enumerate(DELAYS):
        assert found[100:, 4 + k].argmax() + 1 == pytest.approx(25 * delay, abs=1)


def test_nothing_of_the_future_is_known():
    f0, voiced = spoken()
    assert np.array_equal(cues(f0[:80], voiced[:80]), cues(f0, voiced)[:80])


def test_voices_are_measured_by_themselves():
    f0, voiced = spoken()
    np.testing.assert_allclose(cues(2 * f0, voiced), cues(f0, voiced), atol=1e-4)


def test_silence_has_no_peak():
    found = cues(np.zeros(100, np.float32), np.zeros(100, bool))
    assert (found[:, 3] == LONGEST).all()
    assert np.isfinite(found).all()
