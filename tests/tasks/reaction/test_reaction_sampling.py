import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_network import CONFIG, codes, network, speaker

from faceloom.errors import InputError
from faceloom.tasks.reaction import sampling as module
from faceloom.tasks.reaction.sampling import PRESETS, Sampler, Sampling, generate_offline, schedule, unmask

NET = network()
FRAMES = 17
SIZES = torch.tensor(CONFIG.codes)


def one_speaker(frames=FRAMES):
    features, is_face, clip = speaker(batch=1, frames=frames)
    return {name: x[0] for name, x in features.items()}, is_face[0], {name: x[0] for name, x in clip.items()}


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
    monkeypatch.setattr(NET, "offline", lambda f, i, c, clip: (seen.append(c.clone()), offline(f, i, c, clip))[1])
    out = generate_offline(NET, *one_speaker(), Sampling(steps=steps, temperature=(1.0, -0.1)), samples=4)
    hidden = [(step == SIZES).flatten(1).sum(dim=1).tolist() for step in seen]
    assert hidden == [[3 * FRAMES] * 4] + [[n] * 4 for n in schedule(3 * FRAMES, steps)[:-1]]
    assert not (out == SIZES).any()
    for before, after in zip(seen, [*seen[1:], out], strict=True):  # what is filled stays
        kept = before != SIZES
        assert torch.equal(before[kept], after[kept])


def test_the_most_probable_are_kept():
    features, is_face, clip = speaker(batch=1, frames=FRAMES)
    unknown = SIZES.expand(2, FRAMES, 3)
    sampler = Sampler(Sampling(temperature=(0.0, 0.0)), 2, 0)
    with torch.no_grad():
        drawn, p = sampler.draw(NET.logits(NET.offline(features, is_face, unknown, clip)))
        left = schedule(3 * FRAMES, 2)[0]
        out = []
        draw = Sampler.draw
        spy = type("Spy", (Sampler,), {"draw": lambda self, x: (out.append(x), draw(self, x))[1]})
        unmask(NET, features, is_face, clip, unknown, spy(Sampling(temperature=(0.0, 0.0)), 2, 0), 2)
    assert len(out) == 2
    threshold = p.flatten(1).sort(dim=1).values[:, left - 1]
    kept = p > threshold[:, None, None]
    assert kept.flatten(1).sum(dim=1).tolist() == [3 * FRAMES - left] * 2
    final = unmask(NET, features, is_face, clip, unknown, sampler, 2)
    assert torch.equal(final[kept], drawn[kept])


def test_known_codes_stay():
    features, is_face, clip = speaker(batch=1, frames=FRAMES)
    known = codes(batch=3)
    given_ = torch.where(torch.rand(3, FRAMES, 3).argsort(dim=1) < 5, SIZES, known)
    out = unmask(NET, features, is_face, clip, given_, Sampler(Sampling(), 3, 0), 3)
    assert torch.equal(out[given_ != SIZES], known[given_ != SIZES])
    assert not (out == SIZES).any()


def test_a_long_clip_is_generated_window_by_window(monkeypatch):
    calls = []
    inner = module.unmask
    monkeypatch.setattr(module, "unmask", lambda *a: (calls.append((a[4].clone(), r := inner(*a))), r)[1])
    frames = 47
    out = generate_offline(NET, *one_speaker(frames), Sampling(window=16, steps=2), samples=2)
    assert out.shape == (2, frames, 3)
    assert not (out == SIZES).any()
    assert [len(c[0]) for c, _ in calls] == [16, 16, 16, 16, 15]
    for (_, last), (start, _) in itertools.pairwise(calls):
        assert torch.equal(start[:, :8], last[:, 8:16])
        assert (start[:, 8:] == SIZES).all()


def test_without_their_past_each_window_begins_anew(monkeypatch):
    calls = []
    inner = module.unmask
    monkeypatch.setattr(module, "unmask", lambda *a: (calls.append((a[4].clone(), r := inner(*a))), r)[1])
    out = generate_offline(NET, *one_speaker(24), Sampling(window=16, own_past=False), samples=2)
    (first, made), (second, later) = calls
    assert (first == SIZES).all()
    assert (second == SIZES).all()
    assert torch.equal(out[:, :16], made)  # what was generated stays
    assert torch.equal(out[:, 16:], later[:, 8:])


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_very_short_clips(frames):
    assert generate_offline(NET, *one_speaker(frames), Sampling(steps=8), samples=2).shape == (2, frames, 3)


def test_seeds():
    a, b, c = (generate_offline(NET, *one_speaker(), Sampling(), samples=3, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert not torch.equal(a[0], a[1])  # the reactions of one speaker differ


def logits(n=1, frames=400, seed=0):
    g = torch.Generator().manual_seed(seed)
    return tuple(2 * torch.randn(1, 1, size, generator=g).expand(n, frames, size) for size in CONFIG.codes)


def frequencies(sampling, samples=1, frames=4000):
    drawn, _ = Sampler(sampling, samples, 3).draw(logits(samples, frames))
    return [torch.bincount(drawn[k, :, 2], minlength=CONFIG.codes[2]) / frames for k in range(samples)]


def test_sampling_follows_the_distribution():
    p = logits()[2][0, 0].softmax(dim=-1)
    assert torch.allclose(frequencies(Sampling())[0], p, atol=0.03)
    hot = (logits()[2][0, 0] / 3).softmax(dim=-1)
    assert torch.allclose(frequencies(Sampling(temperature=(3.0, 0.0)))[0], hot, atol=0.03)


def test_top_k_and_top_p():
    p = logits()[2][0, 0].softmax(dim=-1)
    best = p.sort(descending=True)
    three = frequencies(Sampling(top_k=3))[0]
    assert set(three.nonzero().flatten().tolist()) == set(best.indices[:3].tolist())
    assert torch.allclose(three[best.indices[:3]], best.values[:3] / best.values[:3].sum(), atol=0.03)
    nucleus = int((best.values.cumsum(0) < 0.6).sum()) + 1
    found = frequencies(Sampling(top_p=(0.6, 0.0)))[0]
    assert set(found.nonzero().flatten().tolist()) == set(best.indices[:nucleus].tolist())
    # top-p after top-k, of what top-k leaves
    both = frequencies(Sampling(top_k=3, top_p=(0.05, 0.0)))[0]
    assert both[best.indices[0]] == 1
    assert Sampler(Sampling(top_k=10_000), 1, 0).draw(logits())[0].shape == (1, 400, 3)


def test_settings_are_scheduled_over_the_reactions():
    sampler = Sampler(PRESETS["offline-8steps"], 10, 0)
    assert torch.allclose(sampler.temperature.flatten(), 0.912 - 0.08 * torch.arange(10))
    assert torch.allclose(sampler.top_p.flatten(), 0.05 + 0.1 * torch.arange(10))
    spread = [int((f > 0).sum()) for f in frequencies(Sampling(top_p=(0.05, 0.3)), samples=4)]
    assert spread[0] == 1
    assert spread == sorted(spread)
    assert spread[3] > 3
    cold = frequencies(Sampling(temperature=(1.0, -1.0)), samples=3)  # greedy from the second on
    assert [int((f > 0).sum()) > 1 for f in cold] == [True, False, False]


def test_greedy_is_the_likeliest():
    drawn, p = Sampler(PRESETS["greedy"], 1, 0).draw(logits())
    for k, stream in enumerate(logits()):
        assert torch.equal(drawn[..., k], stream.argmax(dim=-1))
        assert torch.allclose(p[..., k], stream.softmax(dim=-1).max(dim=-1).values)


@given(seed=st.integers(0, 2**30))
@settings(max_examples=30, deadline=None)
def test_drawn_codes_are_possible(seed):
    wide = tuple(50 * x for x in logits(3, 20, seed))
    drawn, p = Sampler(Sampling((1.0, 0.5), top_k=4, top_p=(0.9, 0.0)), 3, seed).draw(wide)
    assert (drawn >= 0).all()
    assert (drawn < SIZES).all()
    assert (p > 0).all()


@pytest.mark.parametrize("bad", [{"steps": 0}, {"window": 7, "chunk": 5}, {"top_k": -1}])
def test_settings_that_cannot_be(bad):
    with pytest.raises(InputError, match="sampling"):
        Sampling(**bad)


def test_settings_from_params():
    assert Sampling.from_params({"temperature": [0.912, -0.08], "steps": 8}) == Sampling((0.912, -0.08), steps=8)


def told(values):
    """A network of CONFIG's sizes whose codes stand for these numbers."""
    net = network()
    net.know([torch.as_tensor(values[k]) for k in range(3)])
    return net


def test_the_mean_of_many_codes_is_the_code_nearest_to_what_is_expected():
    tables = [torch.linspace(0, 1, size)[:, None].expand(-1, 2).contiguous() for size in CONFIG.codes]
    sampler = Sampler(Sampling(mean_of=4000), 2, 0, tables)
    logits = tuple(torch.randn(2, 9, size, generator=torch.Generator().manual_seed(size)) for size in CONFIG.codes)
    codes_, _ = sampler.draw(logits)
    for k, (stream, table) in enumerate(zip(logits, tables, strict=True)):
        expected = (stream.softmax(dim=-1) @ table)[..., 0]
        assert ((table[codes_[..., k], 0] - expected).abs() < 0.5 / (len(table) - 1) + 0.03).all()


def test_contrast_stretches_what_a_mean_differs_from_those_before():
    tables = [torch.linspace(0, 1, size)[:, None] for size in (1001, 1001, 1001)]
    peaked = torch.full((1, 2, 1001), -100.0)
    peaked[0, 0, 400] = peaked[0, 1, 500] = 100.0
    sampler = Sampler(Sampling(mean_of=8, contrast=2.0), 1, 0, tables)
    codes_, _ = sampler.draw((peaked, peaked, peaked))
    assert codes_[0, 0].tolist() == [400, 400, 400]  # alone, it is the mean
    assert codes_[0, 1].tolist() == [550, 550, 550]  # 0.45 + 2 (0.5 - 0.45)
    later, _ = sampler.draw((peaked[:, :1],) * 3)  # the mean so far goes on: 1.3 / 3
    assert later[0, 0, 0].item() == pytest.approx(1000 * (1.3 / 3 + 2 * (0.4 - 1.3 / 3)), abs=1)


def test_a_manner_stays_the_same_in_all_frames():
    tables = [torch.arange(float(size))[:, None] for size in CONFIG.codes]
    still = tuple(torch.randn(1, 1, size, generator=torch.Generator().manual_seed(1)) for size in CONFIG.codes)
    sampler = Sampler(Sampling(mean_of=2), 6, 3, tables)
    first, second = (sampler.draw(tuple(x.expand(6, 5, -1) for x in still))[0] for _ in range(2))
    assert torch.equal(first, second)
    assert (first == first[:, :1]).all()
    assert len(first[:, 0].unique(dim=0)) > 1  # but people differ


def test_who_forgets_their_past_does_not_depend_on_it():
    from faceloom.tasks.reaction.online import generate_online

    tables = [torch.rand(size, values) for size, values in zip(CONFIG.codes, (15, 8, 2), strict=True)]
    net, (features, is_face, _) = told(tables), one_speaker(30)
    a = generate_online(net, features, is_face, Sampling(mean_of=1, own_past=False), samples=3)
    with torch.no_grad():
        unknown = SIZES.expand(1, 30, 3)
        inside = {name: x[None, :20] for name, x in features.items()}
        logits = net.logits(net.online(inside, is_face[None, :20], unknown[:, :20]))
    b, _ = Sampler(Sampling(mean_of=1), 3, 0, net.values).draw(tuple(x.expand(3, -1, -1) for x in logits))
    assert torch.equal(a[:, :20], b)
