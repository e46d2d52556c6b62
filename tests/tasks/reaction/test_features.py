"""Feature streams of a recording."""

import numpy as np
import pyarrow as pa
import pytest
import toy_dyads as toy

from faceloom.errors import InputError
from faceloom.tasks.reaction import features


def turned(points, degrees, scale, shift):
    angle = np.deg2rad(degrees)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return (scale * points @ matrix.T + shift).astype(np.float32)


def test_landmarks_do_not_say_where_the_head_is_nor_its_roll():
    points = np.random.default_rng(0).normal(size=(5, 68, 2)).astype(np.float32)
    plain = features.normalised(points)
    assert np.allclose(features.normalised(turned(points, 25, 40, [300, 200])), plain, atol=1e-3)
    right, left = plain[:, features.RIGHT_EYE].mean(axis=1), plain[:, features.LEFT_EYE].mean(axis=1)
    assert np.allclose(right, [[-0.5, 0]] * 5, atol=1e-5)
    assert np.allclose(left, [[0.5, 0]] * 5, atol=1e-5)


def test_landmarks_keep_the_picture_upright():
    level = np.zeros((1, 68, 2), np.float32)
    level[:, features.RIGHT_EYE], level[:, features.LEFT_EYE] = (100, 100), (160, 100)
    level[:, 8] = (130, 190)  # the chin, below: y points down
    assert features.normalised(level)[0, 8] == pytest.approx([0, 1.5])


def test_landmarks_of_no_face_are_nan():
    points = np.full((2, 68, 2), np.nan, np.float32)
    points[1] = 3  # all in one place
    assert np.isnan(features.normalised(points)).all()


def test_vectors_are_standardised_by_themselves():
    values = np.array([1.0, np.nan, 5.0, 3.0, np.inf], np.float32)
    out = features.standardised(values)
    assert out[[1, 4]].tolist() == [0, 0]
    assert out[[0, 2, 3]] == pytest.approx([-1.224745, 1.224745, 0])
    assert not features.standardised(np.full(4, 7.0, np.float32)).any()
    assert not features.standardised(np.full(4, np.nan, np.float32)).any()


def test_functionals_of_a_long_recording_are_averaged_by_seconds(tmp_path):
    table = toy.functionals(2).set_column(1, "seconds", pa.array([3.0, 1.0], pa.float32()))
    clip = toy.clip(tmp_path, "a.mp4", None, more={"audio/functionals": table})
    values = table["functionals"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(2, -1)
    expected = features.standardised((values * [[0.75], [0.25]]).sum(axis=0).astype(np.float32))
    length = features.vector_length("functionals", [clip])
    found = features.vector("functionals", clip, length)
    assert length == values.shape[1]
    assert found == pytest.approx(expected, abs=1e-4)
    assert found[7] == 0  # unknown in every stretch


def test_descriptors_are_laid_out_one_after_the_other_and_filled(tmp_path):
    short, long = (toy.clip(tmp_path, f"{n}.mp4", None, more={"audio/lld": toy.lld(n)}) for n in (10, 14))
    length = features.vector_length("lld", [short, long])
    assert length == 65 * 14
    vector = features.vector("lld", short, length).reshape(65, 14)
    table = toy.lld(10)
    wanted = np.stack([table[f"lld{k}"].to_numpy() for k in range(65)])
    assert not vector[:, 10:].any()
    assert np.corrcoef(vector[:, :10].ravel(), wanted.ravel())[0, 1] == pytest.approx(1)


def test_descriptors_beyond_thirty_seconds_are_not_read(tmp_path):
    clip = toy.clip(tmp_path, "long.mp4", None, more={"audio/lld": toy.lld(3100)})
    length = features.vector_length("lld", [clip])
    assert length == 65 * 2997  # the published 194,805
    assert features.vector("lld", clip, length).shape == (194_805,)


def test_moments_ignore_nan_and_do_not_care_about_windows():
    values = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    values[10, 1] = np.nan
    moments = features.Moments()
    for first in range(0, 50, 7):
        moments.add(values[first : first + 7])
    assert np.allclose(moments.result(), [np.nanmean(values, axis=0), np.nanstd(values, axis=0)], atol=1e-4)


def test_which_tables_are_read():
    assert features.places(["mfcc", "prosody", "lld"]) == ["audio/frames", "audio/lld", "facial"]
    with pytest.raises(InputError, match="`smile` is no feature"):
        features.places(["facial", "smile"])
