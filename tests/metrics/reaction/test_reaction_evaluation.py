"""All metrics against a plain implementation of their formulas."""

import made
import numpy as np
import pytest
import reference

from faceloom.metrics.reaction import METRICS, evaluate

FRAMES = 101


def task(clips=3, samples=2, kind=made.decoded, seed=0):
    """Predictions, real reactions, speakers and the matrix."""
    rng = np.random.default_rng(seed)
    pred = kind(rng, clips * samples, FRAMES).reshape(clips, samples, FRAMES, 25)
    return pred, made.smooth(rng, clips, FRAMES), made.smooth(rng, clips, FRAMES), made.matrix(rng, clips)


def assert_as_reference(pred, real, speaker, appropriate):
    ours = evaluate(pred, real, speaker, appropriate)
    assert list(ours) == list(METRICS)
    assert ours == pytest.approx(reference.evaluate(pred, real, speaker, appropriate), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("kind", [made.noise, made.smooth, made.decoded])
def test_all_equal_the_formulas(kind):
    assert_as_reference(*task(kind=kind))


def test_two_clips():
    assert_as_reference(*task(clips=2, samples=2))


def test_only_themselves_as_neighbours():
    pred, real, speaker, _ = task()
    assert_as_reference(pred, real, speaker, np.eye(3, dtype=np.uint8))


def test_one_sided_matrix():
    pred, real, speaker, appropriate = task()
    appropriate[0, 1:], appropriate[1:, 0] = 1, 0
    assert_as_reference(pred, real, speaker, appropriate)


def test_constant_columns_everywhere():
    pred, real, speaker, appropriate = task(kind=made.noise)
    pred[0, :, :, 3] = 0.1  # not a number that binary fractions hold
    pred[1, 0, :, 16] = -0.3
    real[2, :, 20] = 0.7
    real[0, :, 3] = 0.1
    speaker[1, :, 5] = 0.0
    assert_as_reference(pred, real, speaker, appropriate)


def test_published_synchrony_of_a_constant_column_is_49():
    pred, real, speaker, appropriate = task(kind=made.noise)
    speaker[:] = made.noise(np.random.default_rng(5), 3, FRAMES)
    assert evaluate(pred, real, speaker, appropriate)["FRSyn_published"] < 49
    pred[..., 7] = 0.3
    scores = evaluate(pred, real, speaker, appropriate)
    assert scores["FRSyn_published"] == 49.0
    assert scores["FRSyn"] < 49


def test_a_column_that_rests_at_one_end():
    """It is constant in the windows of some lags only."""
    pred, real, speaker, appropriate = task(kind=made.noise)
    pred[:, :, 30:, 2] = 0.5
    pred[:, 1, :70, 4] = 0.25
    speaker[0, 80:, 9] = 1.0
    assert_as_reference(pred, real, speaker, appropriate)


def test_the_published_lag_is_of_the_first_sample_alone():
    pred, real, speaker, appropriate = task(kind=made.noise)
    speaker[:] = np.roll(pred[:, 0], -7, axis=1)
    assert evaluate(pred, real, speaker, appropriate)["FRSyn_published"] == 7


def test_nothing_varies():
    pred, real, speaker, appropriate = task()
    scores = evaluate(np.full_like(pred, 0.1), real, speaker, appropriate)
    assert np.isnan(scores["FRSyn"])
    assert scores["FRVar"] == scores["FRDiv"] == scores["FRDvs"] == scores["FRCorr"] == 0


def test_ties_are_settled_as_by_the_plain_formula():
    """A periodic pair correlates alike at several lags."""
    pred, real, speaker, appropriate = task(clips=2)
    pred[..., :] = (np.arange(FRAMES) // 5 % 2)[:, None]
    speaker[..., :] = (np.arange(FRAMES) // 5 % 2)[:, None]
    assert_as_reference(pred, real, speaker, appropriate)


def test_one_sample_has_no_diversity():
    pred, real, speaker, appropriate = task(samples=1)
    scores = evaluate(pred, real, speaker, appropriate)
    assert np.isnan(scores["FRDiv"])
    assert np.isfinite([scores[name] for name in METRICS if name != "FRDiv"]).all()


def test_workers_change_nothing():
    one, two = (evaluate(*task(clips=9), workers=workers) for workers in (1, 3))
    assert one == two


def test_repeated_samples_count_as_often_as_they_come():
    pred, *others = task(clips=2, samples=2)
    repeated = pred[:, [0, 1, 0]]
    assert evaluate(repeated, *others) == pytest.approx(reference.evaluate(repeated, *others), rel=1e-6)


def test_memory_mapped_half_floats(tmp_path):
    pred, *others = task(clips=2)
    np.save(tmp_path / "pred.npy", pred.astype(np.float16))
    mapped = np.load(tmp_path / "pred.npy", mmap_mode="r")
    steps = []
    scores = evaluate(mapped, *others, advance=lambda: steps.append(1))
    assert scores == pytest.approx(reference.evaluate(pred.astype(np.float16), *others), rel=1e-6)
    assert len(steps) == len(pred)
