"""Scores of a classifier: shares of right answers, F1, confusion and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BINS: Final = 15
"""Of the expected calibration error, as Guo et al. 2017 have it."""


def scores(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> dict[str, float]:
    """Accuracy, balanced accuracy, macro F1, cross-entropy (nats) and expected calibration error, by scikit-learn.

    Balanced accuracy is the mean recall, and macro F1 the mean F1, of the classes that occur in `labels`.

    Args:
        probabilities: (N, classes).
        labels: (N,), an index each.
    """
    from sklearn.metrics import accuracy_score, f1_score

    predicted = probabilities.argmax(axis=1)
    occurring = np.unique(labels)
    own = probabilities[np.arange(len(labels)), labels]
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": float(np.mean([(predicted[labels == k] == k).mean() for k in occurring])),
        "macro_f1": float(f1_score(labels, predicted, labels=occurring, average="macro", zero_division=0)),
        "loss": float(-np.log(np.maximum(own, 1e-12)).mean()),
        "ece": calibration_error(probabilities, labels),
    }


def calibration_error(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Expected calibration error (Naeini et al. 2015), by torchmetrics: the mean distance of confidence and accuracy.

    Args:
        probabilities: (N, classes).
        labels: (N,).
    """
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    found = multiclass_calibration_error(
        torch.from_numpy(np.asarray(probabilities, np.float32)),
        torch.from_numpy(np.asarray(labels, np.int64)),
        num_classes=probabilities.shape[1],
        n_bins=BINS,
    )
    return float(found)


def per_class(predicted: NDArray[np.integer], labels: NDArray[np.integer], classes: Sequence[str]) -> pd.DataFrame:
    """A row per class: `class`, `precision`, `recall`, `f1` (0-1; 0 where undefined) and `support`, its faces."""
    from sklearn.metrics import precision_recall_fscore_support

    found = precision_recall_fscore_support(labels, predicted, labels=range(len(classes)), zero_division=0)
    columns = dict(zip(("precision", "recall", "f1", "support"), found, strict=True))
    return pd.DataFrame({"class": list(classes), **columns})


def majority(training: NDArray[np.integer], n: int, n_classes: int) -> NDArray[np.float64]:
    """The baseline (n, n_classes): always the commonest class, with the training frequencies as probabilities."""
    frequency = np.bincount(training, minlength=n_classes) / max(1, len(training))
    return np.broadcast_to(frequency, (n, n_classes))
