import numpy as np
import pytest
import torch

from faceloom.tasks import trainer


def test_a_stream_of_batches_goes_through_all_rows_and_repeats():
    stream = trainer.Stream(10, 4, seed=3, batches=5)
    epochs = []
    for epoch in range(4):
        stream.set_epoch(epoch)
        epochs.append([row for batch in stream for row in batch])
    assert all(len(rows) == 20 for rows in epochs)
    flat = np.concatenate(epochs).reshape(8, 10)
    assert all(sorted(each) == list(range(10)) for each in flat)  # pass by pass, across epochs
    stream.set_epoch(2)
    assert [row for batch in stream for row in batch] == epochs[2]


def test_draws_follow_their_chances():
    stream = trainer.Stream(4, 100, seed=3, batches=20, chances=torch.tensor([1.0, 1.0, 0.0, 2.0]))
    counts = np.bincount([row for batch in stream for row in batch], minlength=4) / 2000
    assert counts == pytest.approx([0.25, 0.25, 0, 0.5], abs=0.04)
