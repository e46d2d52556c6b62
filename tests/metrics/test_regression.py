import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr
from torchmetrics.functional import concordance_corrcoef

from faceloom.metrics.regression import ccc, mae, nme, pearson, rmse

# tenths, as intensities are: numbers whose squares underflow say nothing about a metric
columns = arrays(np.float64, (12, 3), elements=st.integers(-50, 50).map(lambda n: n / 10))
METRICS = (ccc, mae, pearson, rmse)


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    return x, 0.5 * x + rng.normal(size=x.shape) + 0.3


def test_equal_to_scipy_and_torchmetrics(pair):
    x, y = pair
    np.testing.assert_allclose(pearson(x, y), [pearsonr(x[:, k], y[:, k]).statistic for k in range(3)])
    # torchmetrics divides the covariance by n - 1: with 200 frames the two differ in the fourth digit
    expected = concordance_corrcoef(torch.from_numpy(x), torch.from_numpy(y)).numpy()
    np.testing.assert_allclose(ccc(x, y), expected, atol=2e-3)


def test_lin_by_hand():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])
    assert ccc(x, y)[0] == pytest.approx(2 * (2 / 3) / (2 / 3 + 2 / 3 + 1))
    assert rmse(x, y)[0] == mae(x, y)[0] == 1.0


@given(columns, columns)
def test_concordance_is_never_stronger_than_correlation(x, y):
    r, c = pearson(x, y), ccc(x, y)
    both = np.isfinite(r) & np.isfinite(c)
    assert np.all(np.abs(c[both]) <= np.abs(r[both]) + 1e-9)
    assert np.all(np.abs(r[both]) <= 1 + 1e-9)


@given(columns, columns)
def test_correlation_ignores_scale_and_offset_and_concordance_is_symmetric(x, y):
    np.testing.assert_allclose(pearson(3 * x + 1, y), pearson(x, y), atol=1e-9)
    np.testing.assert_allclose(ccc(x, y), ccc(y, x), atol=1e-9)


@given(columns)
def test_a_perfect_prediction(x):
    assert np.all(np.isclose(ccc(x, x), 1) | np.isnan(ccc(x, x)))
    assert not rmse(x, x).any()


@given(columns, columns, arrays(np.bool_, 12), columns)
def test_what_the_mask_hides_changes_nothing(x, y, mask, other):
    changed = np.where(mask[:, None], x, other)
    for metric in METRICS:
        np.testing.assert_array_equal(metric(x, y, mask), metric(changed, y, mask))
        np.testing.assert_allclose(metric(x, y, mask), metric(x[mask], y[mask]), atol=1e-12)


def test_missing_entries_do_not_count(pair):
    x, y = pair
    holes = x.copy()
    holes[:50, 1] = np.nan
    for metric in METRICS:
        assert metric(holes, y)[1] == pytest.approx(metric(x[50:], y[50:])[1])
        assert metric(holes, y)[0] == metric(x, y)[0]


def test_constants_are_undefined_not_zero_by_rounding():
    constant, moving = np.full(50, 0.1) * 3, np.linspace(0, 1, 50)
    assert np.isnan(pearson(constant, moving)[0])
    assert ccc(constant, moving)[0] == 0
    assert np.isnan(ccc(constant, constant)[0])


@pytest.mark.parametrize("metric", METRICS)
def test_nothing_left_is_undefined(metric):
    assert np.isnan(metric(np.ones((4, 2)), np.zeros((4, 2)), np.zeros(4, bool))).all()
    with pytest.raises(ValueError, match="shape"):
        metric(np.ones((4, 2)), np.ones((4, 3)))


def test_points_are_measured_by_the_face():
    target = np.zeros((2, 3, 2))
    predicted = target + np.array([3.0, 4.0])
    assert nme(predicted, target, [10.0, 20.0]) == pytest.approx((0.5 + 0.25) / 2)
    assert nme(predicted, target, [10.0, 20.0], mask=[True, False]) == pytest.approx(0.5)
    target[0] = np.nan
    assert nme(predicted, target, [10.0, 20.0]) == pytest.approx(0.25)
