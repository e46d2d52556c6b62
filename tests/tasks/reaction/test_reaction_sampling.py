import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_network import CONFIG, network, speaker

from faceloom.errors import InputError
from faceloom.tasks.reaction.sampling import PRESETS, Sampler, Sampling

FRAMES = 17
SIZES = torch.tensor(CONFIG.codes)
TABLES = [torch.rand(size, 2) for size in CONFIG.codes]
USUAL = [torch.zeros(2)] * 3


def one_speaker(frames=FRAMES):
    features, is_face, clip = speaker(batch=1, frames=frames)
    return {name: x[0] for name, x in features.items()}, is_face[0], {name: x[0] for name, x in clip.items()}


def logits(n=1, frames=400, seed=0):
    g = torch.Generator().manual_seed(seed)
    return tuple(2 * torch.randn(1, 1, size, generator=g).expand(n, frames, size) for size in CONFIG.codes)


def frequencies(sampling, samples=1, frames=4000):
    drawn, _ = Sampler(sampling, samples, 3, TABLES, USUAL).draw(logits(samples, frames))
    return [torch.bincount(drawn.codes[k, :, 2], minlength=CONFIG.codes[2]) / frames for k in range(samples)]


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
    assert Sampler(Sampling(top_k=10_000), 1, 0, TABLES, USUAL).draw(logits())[0].codes.shape == (1, 400, 3)


def test_settings_are_scheduled_over_the_reactions():
    sampler = Sampler(PRESETS["offline-8steps"], 10, 0, TABLES, USUAL)
    assert torch.allclose(sampler.temperature.flatten(), 0.912 - 0.08 * torch.arange(10))
    assert torch.allclose(sampler.top_p.flatten(), 0.05 + 0.1 * torch.arange(10))
    spread = [int((f > 0).sum()) for f in frequencies(Sampling(top_p=(0.05, 0.3)), samples=4)]
    assert spread[0] == 1
    assert spread == sorted(spread)
    assert spread[3] > 3
    cold = frequencies(Sampling(temperature=(1.0, -1.0)), samples=3)  # greedy from the second on
    assert [int((f > 0).sum()) > 1 for f in cold] == [True, False, False]


def test_greedy_is_the_likeliest():
    drawn, p = Sampler(PRESETS["greedy"], 1, 0, TABLES, USUAL).draw(logits())
    for k, stream in enumerate(logits()):
        assert torch.equal(drawn.codes[..., k], stream.argmax(dim=-1))
        assert torch.allclose(p[..., k], stream.softmax(dim=-1).max(dim=-1).values)


@given(seed=st.integers(0, 2**30))
@settings(max_examples=30, deadline=None)
def test_drawn_codes_are_possible(seed):
    wide = tuple(50 * x for x in logits(3, 20, seed))
    drawn, p = Sampler(Sampling((1.0, 0.5), top_k=4, top_p=(0.9, 0.0)), 3, seed, TABLES, USUAL).draw(wide)
    assert (drawn.codes >= 0).all()
    assert (drawn.codes < SIZES).all()
    assert torch.equal(drawn.values[1], TABLES[1][drawn.codes[..., 1]])
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
    sampler = Sampler(Sampling(mean_of=4000), 2, 0, tables, USUAL)
    logits = tuple(torch.randn(2, 9, size, generator=torch.Generator().manual_seed(size)) for size in CONFIG.codes)
    drawn, _ = sampler.draw(logits)
    for k, (stream, table) in enumerate(zip(logits, tables, strict=True)):
        expected = (stream.softmax(dim=-1) @ table)[..., 0]
        assert ((table[drawn.codes[..., k], 0] - expected).abs() < 0.5 / (len(table) - 1) + 0.03).all()


FINE = [torch.linspace(0, 1, 1001)[:, None]] * 3
"""Codes that stand for thousandths."""


def sure_of(*codes):
    """Logits of one reaction, certain of a code of `FINE` in each frame."""
    peaked = torch.full((1, len(codes), 1001), -100.0)
    peaked[0, torch.arange(len(codes)), torch.tensor(codes)] = 100.0
    return (peaked,) * 3


def test_contrast_stretches_what_a_mean_differs_from_those_before():
    sampler = Sampler(Sampling(mean_of=8, contrast=2.0), 1, 0, FINE, [torch.zeros(1)] * 3)
    drawn, _ = sampler.draw(sure_of(400, 500))
    assert drawn.codes[0, 0].tolist() == [400, 400, 400]  # alone, it is the mean
    assert drawn.codes[0, 1].tolist() == [550, 550, 550]  # 0.45 + 2 (0.5 - 0.45)
    later, _ = sampler.draw(sure_of(400))  # the mean so far goes on: 1.3 / 3
    assert later.codes[0, 0, 0].item() == pytest.approx(1000 * (1.3 / 3 + 2 * (0.4 - 1.3 / 3)), abs=1)


def test_frames_that_are_drawn_twice_count_once():
    once, twice = (Sampler(Sampling(mean_of=8, contrast=2.0), 1, 0, FINE, [torch.zeros(1)] * 3) for _ in range(2))
    whole, _ = once.draw(sure_of(400, 500, 300, 350))
    twice.draw(sure_of(400, 500, 999), over=2)
    twice.draw(sure_of(100, 700), over=0)  # a step that another follows
    rest, _ = twice.draw(sure_of(300, 350))
    assert torch.equal(rest.codes, whole.codes[:, 2:])


def test_level_brings_the_mean_so_far_nearer_to_what_is_usual():
    sampler = Sampler(Sampling(mean_of=8, level=0.25), 1, 0, FINE, [torch.tensor([0.2])] * 3)
    drawn, _ = sampler.draw(sure_of(400, 500))
    assert drawn.codes[0, :, 0].tolist() == [250, 312]  # 0.2 + (0.4 - 0.2) / 4, 0.2 + (0.45 - 0.2) / 4 + 0.05


def test_expected_shows_the_mean_itself():
    coarse = [torch.tensor([[0.0], [1.0]])] * 3
    logits = (torch.tensor([0.25, 0.75]).log().expand(2, 5, -1),) * 3
    for expected in (False, True):
        sampler = Sampler(Sampling(mean_of=4000, expected=expected), 2, 0, coarse, [torch.zeros(1)] * 3)
        drawn, _ = sampler.draw(logits)
        assert (drawn.codes == 1).all()
        assert torch.allclose(drawn.values[0], torch.tensor(0.75 if expected else 1.0), atol=0.03)


def test_a_manner_stays_the_same_in_all_frames():
    tables = [torch.arange(float(size))[:, None] for size in CONFIG.codes]
    still = tuple(torch.randn(1, 1, size, generator=torch.Generator().manual_seed(1)) for size in CONFIG.codes)
    sampler = Sampler(Sampling(mean_of=2), 6, 3, tables, USUAL)
    first, second = (sampler.draw(tuple(x.expand(6, 5, -1) for x in still))[0].codes for _ in range(2))
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
    b, _ = Sampler(Sampling(mean_of=1), 3, 0, net.values, net.usual).draw(tuple(x.expand(3, -1, -1) for x in logits))
    assert torch.equal(a.codes[:, :20], b.codes)
