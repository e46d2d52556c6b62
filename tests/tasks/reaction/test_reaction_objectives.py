import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_network import CONFIG, codes, network, speaker

from faceloom.tasks.reaction.objectives import (
    SCORED,
    causal_loss,
    codes_loss,
    draw_masks,
    masked_loss,
    matching_loss,
)

NET = network()
FRAMES = 17


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@given(seed=st.integers(0, 1000), length=st.integers(1, 30))
@settings(max_examples=40, deadline=None)
def test_masks_hide_so_many_valid_frames_of_each_stream(seed, length):
    valid = torch.arange(30).expand(4, -1) < torch.tensor([30, 30, length, length])[:, None]
    hidden, asked = draw_masks(valid, generator(seed))
    r = torch.rand(4, 1, 3, generator=generator(seed))
    expected = torch.ceil(valid.sum(dim=1)[:, None] * torch.cos(r * math.pi / 2)[:, 0])
    assert torch.equal(hidden.sum(dim=1), expected.long())
    assert not hidden[~valid].any()
    assert not asked[~valid].any()
    assert (asked | ~hidden).all()


def test_masks_are_random_and_a_fifth_of_what_is_shown_is_asked_for():
    hidden, asked = draw_masks(torch.ones(400, 50, dtype=torch.bool), generator())
    assert (asked & ~hidden).sum() / (~hidden).sum() == pytest.approx(SCORED, abs=0.02)
    assert hidden.float().mean(dim=(0, 2)).std() < 0.05  # no frame is favoured
    assert hidden.float().mean().item() == pytest.approx(2 / math.pi, abs=0.03)
    streams = hidden.float().mean(dim=1)
    assert torch.corrcoef(streams.T)[0, 1].abs() < 0.2  # streams are hidden independently


def test_codes_loss_is_the_cross_entropy_of_what_is_asked():
    states, real = torch.randn(2, FRAMES, 3, 32), codes()
    asked = torch.rand(2, FRAMES, 3) < 0.3
    with torch.no_grad():
        logits = NET.logits(states)
        terms = torch.cat(
            [-logits[k].log_softmax(dim=-1).gather(-1, real[..., k, None])[..., 0][asked[..., k]] for k in range(3)]
        )
        assert codes_loss(NET, states, real, asked).item() == pytest.approx(terms.mean().item(), rel=1e-5)
        assert codes_loss(NET, states, real, torch.zeros_like(asked)) == 0


def test_hidden_codes_are_not_shown():
    features, is_face, clip = speaker()
    seen = []
    offline = NET.offline
    spied = type(NET).offline
    try:
        NET.offline = lambda *a: (seen.append(a[2]), offline(*a))[1]
        with torch.no_grad():
            masked_loss(NET, features, is_face, clip, codes(), generator=generator(5))
    finally:
        del NET.offline
    assert NET.offline.__func__ is spied
    hidden, _ = draw_masks(torch.ones(2, FRAMES, dtype=torch.bool), generator(5))
    assert torch.equal(seen[0] == torch.tensor(CONFIG.codes), hidden)
    assert torch.equal(seen[0][~hidden], codes()[~hidden])


def test_what_is_not_valid_does_not_touch_a_loss():
    features, is_face, clip = speaker()
    valid = torch.arange(FRAMES).expand(2, -1) < torch.tensor([[FRAMES], [9]])
    changed = torch.where(valid[..., None], codes(), 0)
    stranger = codes(seed=9)

    def losses(real):
        with torch.no_grad():
            return torch.stack(
                [
                    causal_loss(NET, features, is_face, real, 5, valid),
                    masked_loss(NET, features, is_face, clip, real, valid, generator()),
                    matching_loss(NET, features, is_face, real, stranger, valid, valid)[0],
                ]
            )

    assert torch.equal(losses(codes()), losses(changed))


def test_matching_labels():
    """The first half of the pairs is real: a network that says so has no loss."""
    features, is_face, _ = speaker()

    class Sure:
        def match(self, both, faces, listeners, valid):
            assert torch.equal(both["pose"][:2], both["pose"][2:])
            assert torch.equal(listeners, torch.cat([codes(), codes(seed=9)]))
            return torch.tensor([[-20.0, 20.0]] * 2 + [[20.0, -20.0]] * 2)

    loss, right = matching_loss(Sure(), features, is_face, codes(), codes(seed=9))
    assert loss < 1e-6
    assert right == 1


def test_the_error_of_values_knows_how_far_a_code_is():
    """Of two wrong codes the one that means nearly the same costs less, though cross-entropy does not tell them."""
    net = network()
    net.know(
        [
            torch.linspace(0, 1, size)[:, None].expand(-1, n).clone()
            for size, n in zip(CONFIG.codes, (15, 8, 2), strict=True)
        ]
    )
    real = torch.zeros(1, 1, 3, dtype=torch.long)

    def loss(code, weight):
        heads = [torch.nn.Linear(32, size, bias=False) for size in CONFIG.codes]
        for head in heads:
            head.weight.data = torch.zeros_like(head.weight)
            head.weight.data[code] = 1.0
        fake = type("Heads", (), {"heads": heads, "values": net.values})()
        with torch.no_grad():
            return codes_loss(fake, torch.ones(1, 1, 3, 32), real, None, weight).item()

    assert loss(1, 0.0) == pytest.approx(loss(5, 0.0))
    assert loss(1, 1.0) < loss(5, 1.0) - 0.1


def test_who_forgets_is_not_shown_their_past():
    features, is_face, _ = speaker()
    with torch.no_grad():
        forgets = torch.tensor([True, True])
        a = causal_loss(NET, features, is_face, codes(), 1, forgets=forgets)
        unknown = torch.tensor(CONFIG.codes).expand(2, FRAMES, 3)
        b = codes_loss(NET, NET.online(features, is_face, unknown), codes(), None)
        c = causal_loss(NET, features, is_face, codes(), 1, forgets=~forgets)
    assert a.item() == b.item()
    assert a.item() != c.item()
