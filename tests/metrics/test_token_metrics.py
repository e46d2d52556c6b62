import math

import numpy as np
import pytest
import torch

from faceloom.metrics.tokens import accuracy, cross_entropy


def test_accuracy_counts_what_the_mask_admits():
    predicted, target = [[1, 2], [3, 4], [5, 6]], [[1, 0], [3, 4], [0, 0]]
    assert accuracy(predicted, target) == 0.5
    assert accuracy(predicted, target, [True, True, False]) == 0.75
    assert math.isnan(accuracy(predicted, target, [False] * 3))


def test_cross_entropy_is_torchs():
    logits, target = torch.randn(7, 2, 5, generator=torch.Generator().manual_seed(0)), torch.arange(14).view(7, 2) % 5
    mask = np.arange(7) < 4
    expected = torch.nn.functional.cross_entropy(logits[:4].flatten(0, 1), target[:4].flatten())
    scored = cross_entropy(logits.log_softmax(-1).numpy(), target.numpy(), mask)
    assert scored == pytest.approx(expected.item(), rel=1e-5)
    assert math.isnan(cross_entropy(logits.numpy(), target.numpy(), np.zeros(7, bool)))
