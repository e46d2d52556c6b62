"""The naive predictors, and the distance of feature distributions."""

import made
import numpy as np
import pytest

from faceloom.metrics.reaction import baselines, evaluate, frechet_distance


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    real, speaker, train = (made.smooth(rng, clips, 101) for clips in (5, 5, 7))
    return real, speaker, train, made.matrix(rng, 5)


def test_what_they_are(rows):
    real, speaker, train, _ = rows
    found = baselines(real, speaker, train, samples=4)
    whole = {name: row[0:5] for name, row in found.items()}
    assert {array.shape for array in whole.values()} == {(5, 4, 101, 25)} == {row.shape for row in found.values()}
    assert (whole["ground truth"] == real[:, None]).all()
    assert (whole["mime"] == speaker[:, None]).all()
    assert whole["mean sequence"][3, 2] == pytest.approx(train.mean(axis=0), abs=1e-6)
    assert whole["mean frame"][1, 0, 50] == pytest.approx(train.mean(axis=(0, 1)), abs=1e-6)


def test_random_is_the_same_however_it_is_read(rows):
    real, speaker, train, _ = rows
    row = baselines(real, speaker, train, seed=3)["random"]
    assert (np.concatenate([row[0:2], row[2:5]]) == row[0:5]).all()
    assert row[0:5].var() == pytest.approx(1 / 12, rel=0.02)
    assert (row[0:1] != row[1:2]).any()
    assert row[5:7].shape == (0, 10, 101, 25)


def test_scores_that_are_known_beforehand(rows):
    real, speaker, _, appropriate = rows
    scores = {name: evaluate(row, real, speaker, appropriate) for name, row in baselines(*rows[:3]).items()}
    assert scores["ground truth"]["FRDist"] == 0
    assert scores["ground truth"]["FRCorr"] == max(row["FRCorr"] for row in scores.values())
    assert scores["mime"]["FRSyn"] == 0
    assert scores["random"]["FRVar"] == pytest.approx(1 / 12, rel=0.02)
    assert scores["random"]["FRDiv"] == pytest.approx(1 / 6, rel=0.02)
    for name in ("ground truth", "mime", "mean sequence", "mean frame"):
        assert scores[name]["FRDiv"] == 0
    assert scores["mean frame"]["FRVar"] == scores["mean frame"]["FRDvs"] == 0


def test_frechet_distance_of_normal_features():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4000, 3))
    assert frechet_distance(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(x, x + np.array([3, 0, 4])) == pytest.approx(25)
    assert frechet_distance(x, 2 * x) == pytest.approx(np.trace(np.cov(x.T)) + 1 * (x.mean(0) ** 2).sum(), rel=1e-9)
    assert frechet_distance(x[:, :1], x[:, :1] * 3) == pytest.approx(4 * x[:, 0].var(ddof=1), rel=1e-2)


def test_more_features_than_frames():
    rng = np.random.default_rng(2)
    assert np.isfinite(frechet_distance(rng.normal(size=(5, 20)), rng.normal(size=(6, 20))))


def test_features_must_fit():
    with pytest.raises(ValueError, match="two vectors or more"):
        frechet_distance(np.zeros((1, 3)), np.zeros((4, 3)))
