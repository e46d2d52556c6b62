"""The three records of one clip, and what a clip without usable sound gives."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from tones import RATE, quantised, voice

from faceloom.features.audio.blocks import recut
from faceloom.features.audio.frames import SpeechFrames
from faceloom.features.audio.functionals import COUNT, Functionals, names, stretch

FRAMES = SpeechFrames(26, 0.04, 0.5)


@pytest.fixture(scope="module")
def functionals():
    extractor = Functionals(2.0)
    extractor.setup("cpu")
    return extractor


def record(extractor, clip, folder):
    folder.mkdir(exist_ok=True)
    return extractor(clip, folder), pq.read_table(folder / "table.parquet")


def test_frames_of_a_voice(clip_of, tmp_path):
    clip = clip_of(voice(np.full(2 * RATE, 150.0)), 50, lld=True)
    summary, table = record(FRAMES, clip, tmp_path / "frames")
    assert table.column_names[:2] == ["frame", "mfcc[0]"]
    assert table["frame"].to_pylist() == list(range(50))
    assert summary["median_f0"] == pytest.approx(150, rel=0.01)
    assert summary["voiced"] > 0.9
    assert all(np.isfinite(table[name].to_numpy()).all() for name in table.column_names if name.startswith("mfcc"))


def test_descriptors_of_a_voice(clip_of):
    table = clip_of(voice(np.full(RATE, 150.0)), 25, lld=True).tables["lld"].read()
    assert len(table.column_names) == 1 + 7 + 65
    np.testing.assert_allclose(np.diff(table["time"].to_numpy()), 0.01, atol=1e-5)
    assert 94 <= len(table) <= 97


def test_no_audio_is_nan(clip_of, tmp_path, functionals):
    clip = clip_of(None, 30, lld=True)
    summary, table = record(FRAMES, clip, tmp_path / "frames")
    assert summary == {"voiced": 0.0, "median_f0": None}
    assert np.isnan(table["mfcc[3]"].to_numpy()).all()
    assert np.isnan(table["F0final"].to_numpy()).all()
    assert not any(table["is_voiced"].to_pylist())
    _, vectors = record(functionals, clip, tmp_path / "functionals")
    assert np.isnan(np.array(vectors["functionals"].to_pylist())).all()


def test_silence_is_finite_and_unvoiced(clip_of, tmp_path):
    _, table = record(FRAMES, clip_of(np.zeros(RATE), 25, lld=True), tmp_path / "frames")
    assert np.isfinite(table["mfcc[0]"].to_numpy()).all()
    assert (table["F0final"].to_numpy() == 0).all()


def test_one_frame(clip_of, tmp_path, functionals):
    clip = clip_of(voice(np.full(640, 200.0)), 1, lld=True)
    _, table = record(FRAMES, clip, tmp_path / "frames")
    assert len(table) == 1
    assert np.isfinite(table["F0final"].to_numpy()).all()
    _, vectors = record(functionals, clip, tmp_path / "functionals")
    assert len(vectors) == 1


def test_functionals_equal_opensmiles(clip_of, tmp_path, functionals):
    import opensmile

    samples = quantised(voice(np.linspace(120, 220, 2 * RATE)))
    _, table = record(functionals, clip_of(samples, 50), tmp_path / "functionals")
    smile = opensmile.Smile(opensmile.FeatureSet.ComParE_2016, opensmile.FeatureLevel.Functionals)
    whole = smile.process_signal(samples, RATE)
    np.testing.assert_array_equal(np.array(table["functionals"].to_pylist()), whole.to_numpy())
    assert names() == list(whole.columns)
    assert len(names()) == COUNT


def test_a_long_recording_has_equal_stretches(clip_of, tmp_path, functionals):
    _, table = record(functionals, clip_of(voice(np.full(5 * RATE, 150.0)), 125), tmp_path / "functionals")
    assert len(table) == 3
    np.testing.assert_allclose(table["start"].to_numpy(), [0, 1.68, 3.36], atol=1e-5)
    np.testing.assert_allclose(table["seconds"].to_numpy(), [1.68, 1.68, 1.64], atol=1e-5)


def test_stretches_are_whole_frames():
    assert stretch(1_500, 60.0) == 1_500 * 640
    assert stretch(1_501, 60.0) == 751 * 640
    assert stretch(1, 60.0) == 640


def test_recut_keeps_every_sample():
    pieces = [np.arange(n, dtype=np.float32) for n in (5, 1, 17)]
    cut = list(recut(pieces, 4))
    assert [len(c) for c in cut] == [4, 4, 4, 4, 4, 3]
    np.testing.assert_array_equal(np.concatenate(cut), np.concatenate(pieces))


@pytest.mark.shared
def test_voiced_frames_of_real_speech_are_finite(shared, clip_of, tmp_path):
    from faceloom.media.audio import Heard, audio_on_grid
    from faceloom.media.probe import probe

    source = next((shared / "recordings/grid").glob("*.mpg"))
    found = probe(source)
    samples = np.concatenate(list(audio_on_grid(source, found.start, found.n_frames, Heard())))
    _, table = record(FRAMES, clip_of(samples, found.n_frames, lld=True), tmp_path / "frames")
    voiced = table["is_voiced"].to_numpy()
    assert 0.15 < voiced.mean() < 0.7
    for name in table.column_names:
        assert np.isfinite(table[name].to_numpy()[voiced]).all(), name
    assert 60 < np.median(table["F0final"].to_numpy()[voiced]) < 350
