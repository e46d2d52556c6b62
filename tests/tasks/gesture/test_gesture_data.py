import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy_gesture

from faceloom.errors import InputError
from faceloom.facs import UPPER_FACE_AUS
from faceloom.sequences.vocabulary import EOS, FIRST
from faceloom.tasks.gesture.data import read, speakers


def test_packed_windows_come_back(packed):
    data = read(packed)
    w = data.windows
    assert w.f0.shape == (24, 40)  # six clips of 130 frames: starts 0, 32, 64, 96
    assert w.au.shape == w.intensity.shape == w.truth.shape == (24, 40, 6)
    assert [len(w.of(split)) for split in ("train", "val", "test")] == [16, 4, 4]
    assert data.clips[w.clip[-1]] == "5.mp4"
    assert set(data.n_frames) == {130}


def test_tokens_decode_to_the_quantised_features(packed):
    data = read(packed)
    w = data.windows
    np.testing.assert_allclose(data.au.decode(w.au[w.mask]), toy_gesture.AU.quantiser(w.intensity[w.mask]))
    assert set(np.unique(data.f0.decode(w.f0[w.f0 != EOS]))) == {120.0, 200.0}
    assert data.f0.levels == (50.0, 120.0, 200.0)  # the unvoiced level, and what training recordings hold


def test_padding_and_faceless_frames_are_masked_not_zero(packed):
    w = read(packed).windows
    tail = w[w.start == 96]
    assert not tail.mask[:, 34:].any()
    assert (tail.f0[:, 34:] == EOS).all()
    assert not w[w.start == 0].mask[:, 20:30].any()
    assert (w.au[~w.mask] == EOS).all()
    assert np.isnan(w.intensity[~w.mask]).all()
    assert (w.au[w.mask] >= FIRST).all()


def test_truth_is_kept_where_there_is_one(tmp_path):
    recording = toy_gesture.clip("a.mp4", n=50, faceless=[3])
    truth = {f"{au}_r": np.linspace(0, 5, 50) for au in UPPER_FACE_AUS}
    pq.write_table(pa.table(truth), tmp_path / "a.truth.parquet")
    recording.sidecars["truth"] = tmp_path / "a.truth.parquet"
    w = read(toy_gesture.pack(tmp_path / "gesture.h5", [recording])).windows
    assert w.truth[0, 10, 0] == pytest.approx(5 * 10 / 49)
    assert np.isnan(w.truth[0, 3]).all()


def test_equal_input_gives_equal_bytes(tmp_path, packed):
    assert toy_gesture.pack(tmp_path / "again.h5").read_bytes() == packed.read_bytes()


def test_who_speaks():
    silent = toy_gesture.aligned()
    silent = silent.set_column(silent.column_names.index("F0final"), "F0final", pa.array(np.zeros(len(silent))))
    quiet = toy_gesture.clip("quiet.mp4", role=None)
    quiet.tables["tokens"] = toy_gesture.Table(toy_gesture.tokens(silent, toy_gesture.F0, toy_gesture.AU))
    heard, listener = toy_gesture.clip("heard.mp4", role=None), toy_gesture.clip("listener.mp4", role="listener")
    assert [clip.clip for clip in speakers([quiet, heard, listener])] == ["heard.mp4"]


def test_nothing_to_pack_is_one_sentence(tmp_path):
    faceless = toy_gesture.clip("a.mp4", n=50, faceless=range(50))
    with pytest.raises(InputError, match="no recording has both speech and a face"):
        toy_gesture.pack(tmp_path / "gesture.h5", [faceless])
    assert not list(tmp_path.iterdir())


def test_a_broken_file_is_one_sentence(tmp_path):
    (tmp_path / "gesture.h5").write_text("nothing")
    with pytest.raises(InputError, match="not a packed gesture file"):
        read(tmp_path / "gesture.h5")
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "absent.h5")
