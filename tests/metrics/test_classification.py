import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from faceloom.metrics.classification import calibration_error, majority, per_class, scores


def drawn(n=400, classes=4, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.choice(classes, n, p=[0.6, 0.3, 0.1, 0.0])
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[labels]
    p = np.exp(logits)
    return p / p.sum(axis=1, keepdims=True), labels


def test_scores_are_those_of_scikit_learn():
    p, labels = drawn()
    found = scores(p, labels)
    predicted = p.argmax(axis=1)
    assert found["accuracy"] == pytest.approx((predicted == labels).mean())
    with pytest.warns(UserWarning, match="y_pred contains classes"):  # class 3 is predicted and never true
        assert found["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert found["loss"] == pytest.approx(-np.log(p[np.arange(len(p)), labels]).mean())


def test_a_perfect_and_a_constant_classifier():
    labels = np.array([0, 0, 0, 1])
    perfect = scores(np.eye(2)[labels], labels)
    assert perfect == pytest.approx({"accuracy": 1, "balanced_accuracy": 1, "macro_f1": 1, "loss": 0, "ece": 0})
    constant = scores(majority(labels, 4, 2), labels)
    assert constant["accuracy"] == 0.75
    assert constant["balanced_accuracy"] == 0.5
    assert constant["macro_f1"] == pytest.approx((2 * 0.75 / 1.75) / 2)
    assert constant["ece"] == pytest.approx(0, abs=1e-6)  # says 0.75, is right 3 of 4 times


def test_overconfidence_is_a_calibration_error():
    labels = np.array([0, 1] * 50)
    sure = np.tile([0.95, 0.05], (100, 1))
    assert calibration_error(sure, labels) == pytest.approx(0.45, abs=1e-6)


def test_the_table_has_a_row_per_class_even_of_absent_ones():
    table = per_class(np.array([0, 1, 1]), np.array([0, 0, 1]), ["a", "b", "c"])
    assert table["support"].tolist() == [2, 1, 0]
    assert table["precision"].tolist() == [1, 0.5, 0]
    assert table["recall"].tolist() == [0.5, 1, 0]
