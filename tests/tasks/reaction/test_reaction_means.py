"""Sequences by the means of their frames."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy_network import CONFIG, codes, like_default, speaker

from faceloom.tasks.reaction.means import averaged, by_means


@given(st.integers(1, 30), st.integers(2, 9), st.integers(0, 2**16))
def test_means_are_those_of_a_loop(frames, every, seed):
    x = np.random.default_rng(seed).normal(size=(2, frames, 3)).astype(np.float32)
    x[0, :: max(2, seed % 7)] = np.nan
    expected = [
        [
            [np.nanmean(part) if (~np.isnan(part)).any() else np.nan for part in row[first : first + every].T]
            for first in range(0, frames, every)
        ]
        for row in x
    ]
    np.testing.assert_allclose(averaged(torch.from_numpy(x), every).numpy(), expected, rtol=1e-5, atol=1e-6)


def test_a_gradient_comes_through_a_mean_and_none_to_what_is_missing():
    x = torch.tensor([[[1.0], [torch.nan], [3.0]]], requires_grad=True)
    averaged(x, 2).sum().backward()
    assert x.grad[0, :, 0].tolist() == [1.0, 0.0, 1.0]


def test_one_frame_with_a_face_is_enough_and_one_that_is_valid():
    is_face = torch.tensor([[False, True, False, False, True]])
    valid = torch.tensor([[True, True, True, False, False]])
    listener = torch.arange(5.0)[None, :, None, None].expand(1, 5, 3, 2)
    features, face, vectors, still = by_means({"cues": torch.ones(1, 5, 4)}, is_face, listener, valid, 2)
    assert features["cues"].shape == (1, 3, 4)
    assert face.tolist() == [[True, False, False]]
    assert still.tolist() == [[True, True, False]]
    assert vectors[0, :, 0, 0].tolist() == [0.5, 2.0, 0.0]  # frame 3 has ended, and so has all of the last


def test_every_frame_for_itself_is_what_there_was():
    given = ({"cues": torch.ones(1, 5, 4)}, torch.ones(1, 5, dtype=torch.bool), torch.ones(1, 5, 3, 2), None)
    assert by_means(*given, 1) == given


@pytest.mark.parametrize("frames", [3, 16, 17])
def test_matching_does_not_mind_the_order_within_a_mean(frames):
    net = like_default()
    features, _, _ = speaker(frames=frames)
    is_face, listener = torch.ones(2, frames, dtype=torch.bool), codes(frames=frames)
    last = frames - frames % 4 or frames
    order = [k for first in range(0, frames, 4) for k in reversed(range(first, min(first + 4, frames)))]
    with torch.inference_mode():
        known = net.match(features, is_face, listener)
        turned = net.match({name: x[:, order] for name, x in features.items()}, is_face, listener[:, order])
        other = net.match(features, is_face, listener.roll(last // 2 or 1, dims=1))
    torch.testing.assert_close(known, turned, rtol=1e-4, atol=1e-4)
    if frames > 4:
        assert not torch.allclose(known, other, rtol=1e-3)


def test_a_clip_that_has_ended_matches_as_one_that_is_shorter():
    """The end falls among the frames of a mean."""
    net, listener = like_default(), codes()
    net.positions.zero_()  # the token at the end has its place behind all frames, ended or not
    features, _, _ = speaker()
    is_face = torch.ones(2, 17, dtype=torch.bool)
    with torch.inference_mode():
        ended = net.match(features, is_face, listener, (torch.arange(17) < 10).expand(2, -1))
        early = {name: x[:, :10] for name, x in features.items()}
        shorter = net.match(early, is_face[:, :10], listener[:, :10])
        whole = net.match(features, is_face, listener)
    torch.testing.assert_close(ended, shorter, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(ended, whole, rtol=1e-2)


def test_positions_reach_as_far_as_the_longer_of_both():
    assert CONFIG.tokens == 6 * 40 + 1
    assert replace(CONFIG, matching_frames=100, matching_every=2).tokens == 6 * 50 + 1
    assert replace(CONFIG, matching_frames=100, matching_every=10).tokens == 6 * 40 + 1
