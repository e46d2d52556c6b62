"""MaskGIT: whole clips, filled step by step."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toy_network import CONFIG, codes, network, speaker

from faceloom.tasks.reaction import offline as module
from faceloom.tasks.reaction.offline import generate_offline, nothing, schedule, unmask
from faceloom.tasks.reaction.sampling import Drawn, Sampler, Sampling

NET = network()
FRAMES = 17
SIZES = torch.tensor(CONFIG.codes)


def one_speaker(frames=FRAMES):
    features, is_face, clip = speaker(batch=1, frames=frames)
    return {name: x[0] for name, x in features.items()}, is_face[0], {name: x[0] for name, x in clip.items()}


def sampler(sampling, samples):
    return Sampler(sampling, samples, 0, NET.values, NET.usual)


@given(n=st.integers(0, 3 * 750), steps=st.integers(1, 12))
def test_the_schedule_falls_to_zero(n, steps):
    left = schedule(n, steps)
    assert left == [int(np.round(n * np.cos(k / steps * np.pi / 2))) for k in range(1, steps + 1)]
    assert left[-1] == 0
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_each_step_fills_exactly_the_scheduled_counts(steps, monkeypatch):
    seen = []
    offline = NET.offline
    # where all four are equal, one is computed
    spy = lambda f, i, c, clip: (seen.append(c.expand(4, -1, -1).clone()), offline(f, i, c, clip))[1]  # noqa: E731
    monkeypatch.setattr(NET, "offline", spy)
    out = generate_offline(NET, *one_speaker(), Sampling(steps=steps, temperature=(1.0, -0.1)), samples=4)
    hidden = [(step == SIZES).flatten(1).sum(dim=1).tolist() for step in seen]
    assert hidden == [[3 * FRAMES] * 4] + [[n] * 4 for n in schedule(3 * FRAMES, steps)[:-1]]
    assert not (out.codes == SIZES).any()
    for before, after in zip(seen, [*seen[1:], out.codes], strict=True):  # what is filled stays
        kept = before != SIZES
        assert torch.equal(before[kept], after[kept])


def test_the_most_probable_are_kept():
    features, is_face, clip = speaker(batch=1, frames=FRAMES)
    unknown, greedy = nothing(NET, 2, FRAMES), Sampling(temperature=(0.0, 0.0))
    with torch.no_grad():
        drawn, p = sampler(greedy, 2).draw(NET.logits(NET.offline(features, is_face, unknown.codes, clip)))
        left = schedule(3 * FRAMES, 2)[0]
        out = []
        draw = Sampler.draw
        spy = type("Spy", (Sampler,), {"draw": lambda self, x, over: (out.append(x), draw(self, x, over))[1]})
        unmask(NET, features, is_face, clip, unknown, spy(greedy, 2, 0, NET.values, NET.usual), 2)
    assert len(out) == 2
    threshold = p.flatten(1).sort(dim=1).values[:, left - 1]
    kept = p > threshold[:, None, None]
    assert kept.flatten(1).sum(dim=1).tolist() == [3 * FRAMES - left] * 2
    final = unmask(NET, features, is_face, clip, unknown, sampler(greedy, 2), 2)
    assert torch.equal(final.codes[kept], drawn.codes[kept])


@pytest.mark.parametrize(("frames", "windows"), [(30, 1), (70, 3)])
@pytest.mark.parametrize("steps", [1, 3])
def test_no_frame_is_past_twice(monkeypatch, frames, windows, steps):
    counts, go_on = [], Sampler._go_on

    def spy(self, over):
        go_on(self, over)
        counts.append(self.past[0][0])

    monkeypatch.setattr(Sampler, "_go_on", spy)
    features, is_face, clip = speaker(batch=1, frames=frames)
    lively = Sampling(mean_of=4, contrast=2.0, steps=steps, own_past=False)
    spoken = {name: x[0] for name, x in features.items()}, is_face[0], {name: x[0] for name, x in clip.items()}
    generate_offline(NET, *spoken, lively, samples=2)
    assert counts == [20 * (n // steps) for n in range(1, steps * windows + 1)]  # half of the network's 40 frames


def test_known_codes_stay():
    features, is_face, clip = speaker(batch=1, frames=FRAMES)
    known = codes(batch=3)
    given_ = torch.where(torch.rand(3, FRAMES, 3).argsort(dim=1) < 5, SIZES, known)
    before = Drawn(given_, tuple(torch.full((3, FRAMES, size), 9.0) for size in (15, 8, 2)))
    out = unmask(NET, features, is_face, clip, before, sampler(Sampling(), 3), 3)
    assert torch.equal(out.codes[given_ != SIZES], known[given_ != SIZES])
    assert not (out.codes == SIZES).any()
    for k, values in enumerate(out.values):  # what is shown of them stays as well
        assert ((values == 9).all(dim=-1) == (given_[..., k] != SIZES[k])).all()


def test_a_long_clip_is_generated_window_by_window(monkeypatch):
    calls = []
    inner = module.unmask
    monkeypatch.setattr(module, "unmask", lambda *a: (calls.append((a[4].codes.clone(), (r := inner(*a)).codes)), r)[1])
    frames = 47
    out = generate_offline(NET, *one_speaker(frames), Sampling(window=16, steps=2), samples=2)
    assert out.codes.shape == (2, frames, 3)
    assert [x.shape for x in out.values] == [(2, frames, 15), (2, frames, 8), (2, frames, 2)]
    assert not (out.codes == SIZES).any()
    assert [len(c[0]) for c, _ in calls] == [16, 16, 16, 16, 15]
    for (_, last), (start, _) in itertools.pairwise(calls):
        assert torch.equal(start[:, :8], last[:, 8:16])
        assert (start[:, 8:] == SIZES).all()


def test_without_their_past_each_window_begins_anew(monkeypatch):
    calls = []
    inner = module.unmask
    monkeypatch.setattr(module, "unmask", lambda *a: (calls.append((a[4].codes.clone(), (r := inner(*a)).codes)), r)[1])
    out = generate_offline(NET, *one_speaker(24), Sampling(window=16, own_past=False), samples=2)
    (first, made), (second, later) = calls
    assert (first == SIZES).all()
    assert (second == SIZES).all()
    assert torch.equal(out.codes[:, :16], made)  # what was generated stays
    assert torch.equal(out.codes[:, 16:], later[:, 8:])


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_very_short_clips(frames):
    assert generate_offline(NET, *one_speaker(frames), Sampling(steps=8), samples=2).codes.shape == (2, frames, 3)


def test_seeds():
    a, b, c = (generate_offline(NET, *one_speaker(), Sampling(), samples=3, seed=seed).codes for seed in (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert not torch.equal(a[0], a[1])  # the reactions of one speaker differ
