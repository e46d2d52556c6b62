"""The last second of a speaker in five windows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.tasks.reaction.recent import LAGS, WINDOW, Recent, recent

FACE, CUES = 25, 12
WIDTH = FACE + CUES


def clip(frames=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(frames, FACE)).astype(np.float32), rng.normal(size=(frames, CUES)).astype(np.float32)


def test_windows_are_means_of_what_differs_from_the_usual_face_and_of_the_cues():
    faces, cues = clip()
    found, t = recent(faces, cues), 50
    usual = np.stack([faces[: k + 1].mean(axis=0) for k in range(len(faces))])
    rows = np.concatenate([faces - usual, cues], axis=1)
    assert found.shape == (60, len(LAGS) * WIDTH)
    for k, lag in enumerate(LAGS):
        end = t - lag + 1
        wanted = rows[end - WINDOW : end].mean(axis=0)
        np.testing.assert_allclose(found[t, k * WIDTH : (k + 1) * WIDTH], wanted, atol=1e-5)


@given(cut=st.integers(1, 59))
def test_nothing_of_the_future_is_known(cut):
    faces, cues = clip()
    assert np.array_equal(recent(faces[:cut], cues[:cut]), recent(faces, cues)[:cut])


def test_a_constant_offset_of_a_face_is_not_seen():
    faces, cues = clip()
    np.testing.assert_allclose(recent(faces + 2, cues), recent(faces, cues), atol=1e-5)


def test_frames_without_a_face_differ_in_nothing():
    faces, cues = clip()
    gone = faces.copy()
    gone[20:40] = np.nan
    found = recent(gone, cues)
    assert np.isfinite(found).all()
    assert (found[39].reshape(len(LAGS), WIDTH)[:4, :FACE] == 0).all()  # 16 to 20 frames are all that is remembered
    assert (found[45].reshape(len(LAGS), WIDTH)[0, :FACE] != 0).any()


def test_sound_that_ends_early_stays_at_its_last_row():
    faces, cues = clip()
    held = np.concatenate([cues[:30], np.repeat(cues[29:30], 30, 0)])
    assert np.array_equal(recent(faces, cues[:30]), recent(faces, held))


def test_live_frames_give_the_rows_of_the_clip():
    faces, cues = clip(20)
    memory = Recent()
    live = np.stack([memory.see(face, cue) for face, cue in zip(faces, cues, strict=True)])
    assert np.array_equal(live, recent(faces, cues))
    assert live[0, :FACE] == pytest.approx(0)  # the first face is all that is known
