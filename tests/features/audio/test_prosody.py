"""Known pitch, known onsets, and what is not there."""

import time

import numpy as np
import pytest
from tones import RATE, blocks, quantised, voice

from faceloom.features.audio.opensmile import FIELDS, descriptor_names, stream
from faceloom.features.audio.prosody import COLUMNS, missing, on_grid

UNVOICED = [0, 0, 0.2, 0, 0, -100, 0.1]
VOICED = [200, 200, 0.8, 0.01, 0.02, 15, 1.0]


def prosody(samples, n_frames, voiced_share=0.5):
    tracks = np.concatenate([rows for rows, _ in stream(blocks(quantised(samples)))])
    return on_grid(tracks, n_frames, voiced_share)


@pytest.mark.parametrize("f0", [90.0, 120.0, 220.0, 330.0])
def test_steady_pitch(f0):
    columns = prosody(voice(np.full(2 * RATE, f0)), 50)
    assert columns["is_voiced"][2:-2].all()
    error = np.abs(columns["F0final"][2:-2] / f0 - 1)
    assert np.median(error) < 0.01
    assert (columns["HNR"][2:-2] > 10).all()
    assert np.median(columns["jitterLocal"][2:-2]) < 0.01


def test_glide_is_followed_in_time():
    f0 = np.linspace(120, 220, 3 * RATE)
    columns = prosody(voice(f0), 75)
    truth = f0[np.arange(75) * 640]
    inside = slice(3, -3)
    assert np.median(np.abs(columns["F0final"][inside] / truth[inside] - 1)) < 0.01
    # 40 ms of delay would be a bias of 1.3 Hz
    assert abs(np.mean(columns["F0final"][inside] - truth[inside])) < 0.5


@pytest.mark.parametrize("onset", [20, 33])
def test_onset_is_in_its_frame(onset):
    samples = np.random.default_rng(0).normal(0, 1e-4, 3 * RATE)
    samples[onset * 640 : 60 * 640] += voice(np.full((60 - onset) * 640, 160.0))
    columns = prosody(samples, 75)
    assert abs(int(columns["is_voiced"].argmax()) - onset) <= 1
    assert abs(int(np.flatnonzero(columns["is_voiced"])[-1]) - 60) <= 1
    loud = columns["loudness"] > columns["loudness"].max() / 2
    assert abs(int(loud.argmax()) - onset) <= 1


def test_silence_and_noise_are_unvoiced():
    for samples in (np.zeros(RATE), np.random.default_rng(0).normal(0, 0.05, RATE)):
        columns = prosody(samples, 25)
        assert columns["is_voiced"].mean() < 0.1
        assert (columns["F0final"][~columns["is_voiced"]] == 0).all()
        assert np.isnan(columns["HNR"][~columns["is_voiced"]]).all()
        assert np.isfinite(columns["loudness"]).all()


def test_voiced_frames_are_finite():
    rng = np.random.default_rng(1)
    f0 = 150 + 60 * np.sin(np.arange(4 * RATE) / 5_000)
    columns = prosody(voice(f0) * (rng.random(4 * RATE // 800).repeat(800) > 0.4) + rng.normal(0, 0.01, 4 * RATE), 100)
    voiced = columns["is_voiced"]
    assert 0.1 < voiced.mean() < 1
    assert all(np.isfinite(columns[name][voiced]).all() for name in COLUMNS)


def test_majority_decides():
    tracks = np.array([UNVOICED] * 40, np.float32)
    tracks[5:8] = VOICED  # the rows centred 80 to 100 ms: the later three of frame 2's five
    assert on_grid(tracks, 10, 0.5)["is_voiced"].tolist() == [False, False, True, *[False] * 7]
    assert not on_grid(tracks, 10, 0.7)["is_voiced"].any()


def test_rows_without_periods_do_not_dilute():
    tracks = np.array([VOICED] * 40, np.float32)
    tracks[5, 3:6] = (0, 0, -100)
    columns = on_grid(tracks, 10, 0.5)
    np.testing.assert_allclose(columns["HNR"], 15)
    tracks[:, 3:6] = (0, 0, -100)
    assert np.isfinite(on_grid(tracks, 10, 0.5)["jitterLocal"]).all()


def test_raw_pitch_keeps_its_octave_jumps():
    tracks = np.array([VOICED] * 40, np.float32)
    tracks[5, 0] = 400  # the row at frame 2's instant
    tracks[9, 0] = 0  # frame 3's
    columns = on_grid(tracks, 10, 0.5)
    assert columns["F0raw"].tolist() == [200, 200, 400, *[200] * 7]
    assert (columns["F0final"] == 200).all()


def test_missing_is_nan():
    columns = missing(4)
    assert list(columns) == [*COLUMNS, "is_voiced"]
    assert np.isnan(columns["F0final"]).all()
    assert not columns["is_voiced"].any()


def test_streaming_equals_opensmile_on_the_whole():
    import opensmile

    samples = quantised(voice(np.linspace(120, 220, 2 * RATE)))
    rows = list(stream(blocks(samples, 700)))
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.LowLevelDescriptors)
    whole = smile.process_signal(samples, RATE)
    assert list(whole.columns) == descriptor_names()
    np.testing.assert_array_equal(np.concatenate([d for _, d in rows]), whole.to_numpy())
    assert all(len(p) == len(d) and p.shape[1] == len(FIELDS) for p, d in rows)


@pytest.mark.parametrize("pause", [0, 0.02])
def test_neither_block_length_nor_pace_matter(pause):
    def slowly(size):
        for block in blocks(samples, size):
            time.sleep(pause)
            yield block

    samples = quantised(voice(np.linspace(120, 220, 12 * RATE)))
    once = [np.concatenate(part) for part in zip(*stream([samples]), strict=True)]  # one block, longer than the ring
    again = [np.concatenate(part) for part in zip(*stream(slowly(5_000)), strict=True)]
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_reader_that_fails_stops_the_engine():
    def broken():
        yield np.zeros(1_000, np.float32)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(stream(broken()))
