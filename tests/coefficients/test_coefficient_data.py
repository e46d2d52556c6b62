"""Clips with attributes and coefficients: what is read, cut, left out and refused."""

import numpy as np
import pytest
from toy_coefficients import clip, write

from faceloom.coefficients.data import fingerprint, read, read_coefficients
from faceloom.errors import InputError


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b"):
        write(tmp_path, name, *clip(ord(name)))
    return tmp_path


def test_clips_are_read_as_written(folder):
    pairs = read(folder).pairs
    assert [pair.name for pair in pairs] == ["3D_FV_files/a.npy", "3D_FV_files/b.npy"]
    for pair in pairs:
        attributes, coefficients = clip(ord(pair.name[-5]))
        np.testing.assert_allclose(pair.attributes, attributes, rtol=1e-6)
        np.testing.assert_array_equal(pair.coefficients, coefficients)
        assert pair.known.all()


def test_the_challenge_keeps_clips_deep_and_folders_linked(tmp_path):
    for person in ("P25", "P26"):
        write(tmp_path / "far", f"RECOLA/group-1/{person}/1", *clip(1))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train").symlink_to(tmp_path / "far", target_is_directory=True)
    names = [pair.name for pair in read(tmp_path / "data").pairs]
    assert names == [f"train/3D_FV_files/RECOLA/group-1/{person}/1.npy" for person in ("P25", "P26")]


@pytest.mark.parametrize("shape", [(40, 58), (40, 1, 58), (40, 1, 1, 58), (1, 40, 58)])
def test_axes_of_length_one_are_dropped(tmp_path, shape):
    values = np.arange(40 * 58, dtype=np.float64).reshape(shape)
    np.save(tmp_path / "a.npy", values)
    read_back = read_coefficients(tmp_path / "a.npy")
    assert read_back.dtype == np.float32
    np.testing.assert_array_equal(read_back, values.reshape(40, 58))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.zeros((40, 57)), r"has the shape \(40, 57\); it needs \(frames, 58\)"),
        (np.zeros((40, 2, 58)), r"has the shape \(40, 2, 58\)"),
        (np.zeros((0, 58)), r"has the shape \(0, 58\)"),
        (np.zeros(58), r"has the shape \(58,\)"),
        (np.array([["a"] * 58]), "holds no numbers"),
        (np.array([{}] * 58), "not an array"),  # would be unpickled
        (b"nonsense", "not an array"),
        (b"", "not an array"),
    ],
)
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / "a.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    with pytest.raises(InputError, match=rf"a\.npy: {message}"):
        read_coefficients(path)


def test_one_row_more_is_cut_and_told(folder):
    attributes, coefficients = clip(3, frames=41)
    write(folder, "c", attributes, coefficients[:40])
    found = read(folder)
    assert [len(pair) for pair in found.pairs] == [40, 40, 40]
    assert "1 clips cut to the length of the shorter of their two files" in found.sentences()


def test_nan_is_a_frame_that_does_not_count(folder):
    attributes, coefficients = clip(3)
    attributes[[0, 5]], coefficients[7, 3], coefficients[9, 0] = np.nan, np.nan, np.inf
    write(folder, "c", attributes, coefficients)
    found = read(folder)
    pair = found.pairs[2]
    assert np.flatnonzero(~pair.known).tolist() == [0, 5, 7, 9]
    np.testing.assert_array_equal(pair.attributes[[0, 5]], pair.attributes[[1, 4]])
    assert np.isfinite(pair.attributes).all()
    assert np.isfinite(pair.coefficients).all()
    assert "4 frames with NaN count for nothing" in found.sentences()


def test_a_clip_that_cannot_be_used_is_counted_with_a_reason(folder):
    attributes, coefficients = clip(3)
    write(folder, "c", attributes, coefficients[:-2])
    write(folder, "d", attributes, coefficients[:, 1:])
    write(folder, "e", attributes, np.full_like(coefficients, np.nan))
    write(folder, "f", attributes, coefficients)
    (folder / "Emotion" / "f.csv").unlink()
    found = read(folder)
    assert len(found.pairs) == 2
    messages = (
        "c.npy: 38 frames, but its table has 40",
        "shape (40, 57)",
        "no frame without NaN",
        "has no Emotion/f.csv",
    )
    for sentence, message in zip(found.left_out, messages, strict=True):
        assert message in sentence
    assert found.sentences()[-1].startswith("4 files left out; the first: 3D_FV_files/c.npy: 38 frames")


def test_no_coefficients_no_folder_and_one_clip_are_refused(folder):
    with pytest.raises(InputError, match="none: no such folder"):
        read(folder / "none")
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: holds no 3D_FV_files/\*\.npy"):
        read(folder / "empty")
    np.save(folder / "3D_FV_files" / "b.npy", np.zeros((40, 3)))
    with pytest.raises(
        InputError, match=r"1 of 2 clips can be used, and two are needed; the first left out: .*\(40, 3\)"
    ):
        read(folder)


def test_the_fingerprint_is_of_the_numbers(folder):
    before = fingerprint(read(folder).pairs)
    assert before == fingerprint(read(folder).pairs)
    attributes, coefficients = clip(ord("b"))
    coefficients[-1, -1] += 1
    write(folder, "b", attributes, coefficients)
    assert fingerprint(read(folder).pairs) != before
