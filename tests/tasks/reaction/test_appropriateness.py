"""Matrices of appropriate reactions, read and derived."""

import numpy as np
import pytest
from toy_dyads import attributes

from faceloom.errors import InputError
from faceloom.tasks.reaction import appropriateness
from faceloom.tasks.reaction.dyads import Pair, arrange


def random_matrix(n, seed=0):
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < 0.3, 1)
    return (upper | upper.T | np.eye(n, dtype=bool)).astype(np.uint8)


@pytest.fixture
def who():
    """Two dyads to train (of three that were listed) and one to test."""
    pairs = [Pair("train", "a", "A", 0), Pair("train", "c", "C", 2), Pair("test", "t", "T", 0)]
    return arrange(pairs, {"train": 3, "test": 1})


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv"])
def test_files_of_three_kinds(tmp_path, suffix):
    matrix, path = random_matrix(6), tmp_path / f"m.{suffix}"
    {"npy": lambda: np.save(path, matrix), "npz": lambda: np.savez(path, matrix=matrix),
     "csv": lambda: np.savetxt(path, matrix, delimiter=",")}[suffix]()  # fmt: skip
    assert np.array_equal(appropriateness.read(path), matrix)


def test_one_file_a_split_keeps_the_rows_of_what_was_left_out(tmp_path, who):
    train, test = random_matrix(6), random_matrix(2, 1)
    np.save(tmp_path / "neighbour_emotion_train.npy", train)
    np.save(tmp_path / "neighbour_emotion_test.npy", test)
    (tmp_path / "train_idx.csv").write_text("no matrix\n")
    matrix, files = appropriateness.assemble(tmp_path, who)
    kept = [0, 2, 3, 5]
    assert np.array_equal(matrix[:4, :4], train[np.ix_(kept, kept)])
    assert np.array_equal(matrix[4:, 4:], test)
    assert not matrix[:4, 4:].any()
    assert set(files) == {"train", "test"}


def test_one_file_for_all(tmp_path, who):
    whole = random_matrix(8)
    np.save(tmp_path / "all.npy", whole)
    matrix, files = appropriateness.assemble(tmp_path / "all.npy", who)
    kept = [0, 2, 3, 5, 6, 7]
    assert np.array_equal(matrix, whole[np.ix_(kept, kept)] * (who.split[:, None] == who.split))
    assert set(files.values()) == {"all.npy"}


def test_a_matrix_of_another_size(tmp_path, who):
    np.save(tmp_path / "train.npy", random_matrix(4))
    np.save(tmp_path / "x_train.npy", random_matrix(4))
    with pytest.raises(InputError, match="4 rows for 6 clips"):
        appropriateness.assemble(tmp_path, who)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((2, 3)), "not square"),
        (np.array([[1, 1], [0, 1]]), "not symmetric"),
        (np.array([[1, 0], [0, 0]]), "row 1 has 0 on the diagonal"),
        (np.array([[1, 0.5], [0.5, 1]]), "other values"),
        (np.array([[1, np.nan], [np.nan, 1]]), "other values"),
    ],
)
def test_matrices_that_are_none(tmp_path, matrix, message):
    np.save(tmp_path / "m.npy", matrix)
    with pytest.raises(InputError, match=message):
        appropriateness.read(tmp_path / "m.npy")


def test_files_that_are_no_matrices(tmp_path, who):
    with pytest.raises(InputError, match="no such file"):
        appropriateness.read(tmp_path / "m.npy")
    (tmp_path / "m.npy").write_bytes(b"nothing")
    with pytest.raises(InputError, match="not a matrix"):
        appropriateness.read(tmp_path / "m.npy")
    np.save(tmp_path / "o.npy", np.array([{}]), allow_pickle=True)  # nothing is unpickled
    with pytest.raises(InputError, match="not a matrix"):
        appropriateness.read(tmp_path / "o.npy")
    np.savez(tmp_path / "two.npz", a=np.eye(2), b=np.eye(2))
    with pytest.raises(InputError, match="2 arrays"):
        appropriateness.read(tmp_path / "two.npz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no matrix named after"):
        appropriateness.assemble(tmp_path / "empty", who)


def moody(mood, seed):
    """A speaker of one of four moods, each with signs of its own, shown half of the time."""
    values, rng = np.abs(attributes(100, seed) * 0.2), np.random.default_rng(seed)
    signs = np.random.default_rng(mood).random(25) < 0.3
    values[rng.random(100) < 0.5] += signs
    return values


def test_speakers_of_one_mood_are_alike():
    moods = np.tile(np.arange(4), 10)
    summaries = [appropriateness.summary(moody(mood, seed)) for seed, mood in enumerate(moods)]
    split = np.array([0] * 24 + [1] * 8 + [2] * 8, np.uint8)
    matrix = appropriateness.derive(summaries, split, 0.15)
    alike = matrix.astype(bool) & ~np.eye(40, dtype=bool)
    same = moods[:, None] == moods
    assert same[alike].all()
    pairs = same & appropriateness.within(split) & ~np.eye(40, dtype=bool)
    assert alike[pairs].mean() > 0.6


def test_the_derived_matrix_is_symmetric_has_its_density_and_no_pair_across_splits():
    summaries = np.random.default_rng(0).normal(size=(90, 50)).astype(np.float32)
    split = np.repeat([0, 1, 2], [60, 15, 15]).astype(np.uint8)
    matrix = appropriateness.derive(summaries, split, 0.1)
    assert np.array_equal(matrix, matrix.T)
    assert matrix.diagonal().all()
    assert not matrix[split[:, None] != split].any()
    training = matrix[:60, :60]
    assert (training.sum() - 60) / (60 * 59) == pytest.approx(0.1, abs=1e-3)


def test_the_threshold_is_the_training_speakers():
    summaries = np.random.default_rng(0).normal(size=(60, 50)).astype(np.float32)
    split = np.repeat([0, 2], 30).astype(np.uint8)
    other = summaries.copy()
    other[30:40] = 5  # ten test speakers who are all alike move nobody else's neighbours
    a, b = (appropriateness.derive(values, split, 0.1) for values in (summaries, other))
    assert np.array_equal(a[:30], b[:30])
    assert np.array_equal(a[40:, 40:], b[40:, 40:])
    assert b[30:40, 30:40].all()


def test_nobody_is_a_reaction_to_themselves(who):
    behaviour = [moody(0, 1)] * len(who.clips)  # as alike as can be
    matrix, _ = appropriateness.find(None, behaviour, who, 0.9)
    assert not matrix[np.arange(len(matrix)), who.partner].any()
    assert matrix.diagonal().all()
    assert matrix[0, 1]


def test_one_training_clip_has_nobody_to_be_like():
    with pytest.raises(InputError, match="at least two training clips"):
        appropriateness.derive(np.zeros((2, 50), np.float32), np.array([0, 1], np.uint8), 0.1)


def test_the_real_matrix(shared):
    matrix = appropriateness.read(shared / "datasets/react/neighbour_emotion_val.npz")
    assert matrix.shape == (1678, 1678)
    assert matrix.sum() == 46_214
    assert np.median(matrix.sum(axis=1)) == 9
