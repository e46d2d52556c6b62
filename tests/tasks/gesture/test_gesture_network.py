import pytest
import torch

from faceloom.sequences.vocabulary import FIRST, SOS
from faceloom.tasks.gesture.decode import choose, free_run
from faceloom.tasks.gesture.network import GestureNetwork, NetworkConfig, shift

F0_TOKENS, AU_TOKENS = 12, 7
F0_VALUES = torch.tensor([torch.nan, torch.nan, 50.0, *torch.linspace(100, 300, F0_TOKENS - 3).tolist()])
AU_VALUES = torch.tensor([torch.nan, torch.nan, 0.0, 0.2, 0.4, 0.6, 0.8])


def network(**changes):
    torch.manual_seed(0)
    config = {"hidden": 10, "embedding": 6, "speech": "token", "context": "state", "autoregressive": True} | changes
    return GestureNetwork(NetworkConfig(F0_TOKENS, AU_TOKENS, **config), F0_VALUES).eval()


def windows(n=3, frames=9):
    generator = torch.Generator().manual_seed(1)
    f0 = torch.randint(FIRST, F0_TOKENS, (n, frames), generator=generator)
    au = torch.randint(FIRST, AU_TOKENS, (n, frames, 6), generator=generator)
    return f0, au


KINDS = [
    {"speech": speech, "context": context, "autoregressive": autoregressive}
    for speech in ("token", "pitch")
    for context in ("state", "frames")
    for autoregressive in (True, False)
]


@pytest.mark.parametrize("kind", KINDS)
def test_shapes(kind):
    f0, au = windows()
    assert network(**kind)(f0, shift(au)).shape == (3, 9, 6, AU_TOKENS)


def test_parameters_of_the_published_network():
    hidden, embedding, f0, au = 128, 128, 3919, 28
    config = NetworkConfig(
        f0, au, hidden=hidden, embedding=embedding, speech="token", context="state", autoregressive=True
    )
    lstm = 4 * hidden * (embedding + hidden + 2)  # PyTorch has two biases a gate
    expected = f0 * embedding + lstm + 6 * au * hidden + lstm + 6 * au * (hidden + 1)
    found = GestureNetwork(config, torch.linspace(50, 550, f0)).parameters()
    assert sum(parameter.numel() for parameter in found) == expected == 809_000


def test_teacher_forcing_starts_with_sos_and_never_shows_the_frame_itself():
    f0, au = windows()
    before = shift(au)
    assert (before[:, 0] == SOS).all()
    assert torch.equal(before[:, 1:], au[:, :-1])
    net, changed = network(), au.clone()
    changed[:, 5] = FIRST + (changed[:, 5] - FIRST + 1) % (AU_TOKENS - FIRST)
    a, b = net(f0, before), net(f0, shift(changed))
    assert torch.equal(a[:, :6], b[:, :6])
    assert not torch.allclose(a[:, 6], b[:, 6])


def test_a_network_that_is_not_autoregressive_ignores_gestures():
    f0, au = windows()
    net = network(autoregressive=False, context="frames")
    assert torch.equal(net(f0, shift(au)), net(f0, torch.full_like(au, SOS)))


def test_frames_of_speech_reach_their_own_gestures():
    f0, au = windows()
    other = f0.clone()
    other[:, 4] = FIRST + (other[:, 4] - FIRST + 3) % (F0_TOKENS - FIRST)
    for kind in KINDS:
        a, b = network(**kind)(f0, shift(au)), network(**kind)(other, shift(au))
        assert not torch.allclose(a[:, 4], b[:, 4])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["greedy", "sample", "expected"])
def test_free_running_equals_teacher_forcing_on_its_own_gestures(kind, mode):
    f0, _ = windows()
    net = network(**kind)
    decoded = free_run(net, f0, AU_VALUES, mode, generator=torch.Generator().manual_seed(3))
    assert decoded.tokens.min() >= FIRST
    with torch.no_grad():
        forced = net(f0, shift(decoded.tokens))
    torch.testing.assert_close(forced, decoded.logits, atol=1e-5, rtol=1e-4)
    again = choose(forced, AU_VALUES, "greedy")[0]
    assert mode != "greedy" or torch.equal(again, decoded.tokens)


def test_windows_of_a_batch_do_not_touch():
    f0, _ = windows()
    net = network(context="frames", speech="pitch")
    together = free_run(net, f0, AU_VALUES, "expected").intensity
    alone = torch.cat([free_run(net, row[None], AU_VALUES, "expected").intensity for row in f0])
    torch.testing.assert_close(together, alone)


def test_the_ways_to_choose():
    logits = torch.tensor([9.0, 9.0, 0.0, 1.0, 0.0, 0.0, 0.0])  # SOS and EOS are likeliest, and never chosen
    token, value = choose(logits, AU_VALUES, "greedy")
    assert (token.item(), value.item()) == (3, pytest.approx(0.2))
    p = logits[FIRST:].softmax(0)
    token, value = choose(logits, AU_VALUES, "expected")
    assert value.item() == pytest.approx((p * AU_VALUES[FIRST:]).sum().item())
    assert token.item() == 4  # 0.36 is nearest to 0.4
    many = logits.expand(4000, -1)
    drawn = choose(many, AU_VALUES, "sample", generator=torch.Generator().manual_seed(0))[0]
    assert (drawn == 3).float().mean().item() == pytest.approx(p[1].item(), abs=0.03)
    cold = choose(many, AU_VALUES, "sample", temperature=0.05, generator=torch.Generator().manual_seed(0))[0]
    assert (cold == 3).all()


def test_pitch_is_voicing_and_height_over_the_median():
    net = network(speech="pitch")
    f0 = torch.tensor([[2, 3, 7, 11, 1]])  # unvoiced, 100, 200, 300 Hz, padding
    voiced, height, deviation = net.f0.features(f0)[0].T
    assert voiced.tolist() == [0, 1, 1, 1, 0]
    assert (3 * height).tolist() == pytest.approx([0, -12, 0, 7.0195, 0], abs=1e-3)
    assert deviation.square().sum() / 3 == pytest.approx(1)
    nothing = net.f0(torch.tensor([[2, 2, 1]]))  # nothing voiced: defined all the same
    assert nothing.isfinite().all()


def test_a_higher_voice_says_the_same():
    values = torch.tensor([torch.nan, torch.nan, 50.0, 100.0, 120.0, 150.0, 200.0, 240.0, 300.0])
    low, high = torch.tensor([[3, 2, 4, 5]]), torch.tensor([[6, 2, 7, 8]])  # an octave apart
    config = NetworkConfig(len(values), AU_TOKENS, speech="pitch")
    features = GestureNetwork(config, values).f0.features
    torch.testing.assert_close(features(low), features(high))
