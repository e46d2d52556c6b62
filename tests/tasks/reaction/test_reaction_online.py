from dataclasses import replace

import pytest
import torch
from toy_network import CONFIG, like_default, network, speaker

from faceloom.errors import InputError
from faceloom.tasks.reaction.online import OnlineDecoder, generate_online
from faceloom.tasks.reaction.sampling import PRESETS, Drawn, Sampler, Sampling
from faceloom.tasks.reaction.windows import Window

GREEDY = PRESETS["greedy"]
NET = network()
NETS = {"published": NET, "default": like_default()}


def one_speaker(frames, config=CONFIG):
    features, is_face, _ = speaker(config, batch=1, frames=frames)
    return {name: x[0] for name, x in features.items()}, is_face[0]


@torch.no_grad()
def uncached(net, features, is_face, sampling, samples=1):
    """A full forward for every chunk, over all that it may look back on."""
    frames, chunk, window = len(is_face), sampling.chunk, Window.of(sampling, net.config.frames)
    codes = net.listener.unknown.expand(samples, frames, -1).clone()
    sampler = Sampler(sampling, samples, 0, net.values, net.usual)
    for first in range(0, frames, chunk):
        part = slice(window.start(first), first + chunk)
        states = net.online({n: x[None, part] for n, x in features.items()}, is_face[None, part], codes[:, part], chunk)
        new = states[:, first - part.start :]
        codes[:, first : first + chunk] = sampler.draw(net.logits(new))[0].codes
    return codes


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("chunk", [1, 5])
@pytest.mark.parametrize("frames", [1, 3, 17, 40, 47, 83])
def test_cached_and_uncached_decoding_agree(net, chunk, frames):
    """In one window, and over several (the toy knows 40 frames)."""
    sampling = replace(GREEDY, chunk=chunk)
    spoken = one_speaker(frames)
    cached = generate_online(NETS[net], *spoken, sampling, samples=1).codes
    assert cached.shape == (1, frames, 3)
    assert torch.equal(cached, uncached(NETS[net], *spoken, sampling))


@pytest.mark.parametrize("make", [network, like_default])
@pytest.mark.parametrize("chunk", [1, 5])
def test_cached_and_uncached_decoding_agree_over_the_published_length(make, chunk):
    """One full forward over what was written gives it again: by induction, so does one for each chunk."""
    config = replace(CONFIG, frames=750, width=16, layers=1, heads=2)
    net, (features, is_face) = make(config), one_speaker(750, config)
    cached = generate_online(net, features, is_face, replace(GREEDY, chunk=chunk), samples=1).codes
    with torch.no_grad():
        states = net.online({name: x[None] for name, x in features.items()}, is_face[None], cached, chunk)
    again = torch.stack([x.argmax(dim=-1) for x in net.logits(states)], dim=-1)
    assert torch.equal(cached, again)
    assert len(cached[0].unique(dim=0)) > 20  # no trivial constant


def test_samples_are_drawn_alike_with_and_without_a_cache():
    sampling = Sampling((1.0, -0.05), top_k=5, top_p=(0.3, 0.05), chunk=5)
    spoken = one_speaker(23)
    cached = generate_online(NET, *spoken, sampling, samples=10).codes
    assert torch.equal(cached, uncached(NET, *spoken, sampling, samples=10))
    assert not torch.equal(cached[8], cached[9])
    assert not torch.equal(cached, generate_online(NET, *spoken, sampling, samples=10, seed=1).codes)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("sampling", [GREEDY, Sampling(mean_of=8, contrast=1.5), Sampling((0.9, -0.1), top_k=3)])
@pytest.mark.parametrize("chunk", [1, 4])
def test_without_their_own_past_all_frames_at_once_are_those_of_a_stream(net, sampling, chunk):
    sampling = replace(sampling, own_past=False, chunk=chunk, window=16)
    features, is_face = one_speaker(55)
    decoder = OnlineDecoder(NETS[net], sampling, 3, seed=5)
    parts = [slice(first, first + chunk) for first in range(0, 55, chunk)]
    pushed = [decoder.push({name: x[part] for name, x in features.items()}, is_face[part]) for part in parts]
    stream, batch = (
        Drawn.one_after_the_other(pushed),
        generate_online(NETS[net], features, is_face, sampling, 3, seed=5),
    )
    assert torch.equal(stream.codes, batch.codes)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(stream.values, batch.values, strict=True))


def test_the_known_length_changes_nothing_but_the_caches():
    features, is_face = one_speaker(83)
    known, unknown = (OnlineDecoder(NET, GREEDY, 2, frames=frames) for frames in (83, None))
    most = 0
    for t in range(83):
        frame = {name: x[t : t + 1] for name, x in features.items()}
        a, b = (decoder.push(frame, is_face[t : t + 1]) for decoder in (known, unknown))
        assert torch.equal(a.codes, b.codes)
        most = max(most, len(unknown.caches))
        assert all(cache[0].filled <= 40 * 6 for cache in unknown.caches)
    assert most == 2
    assert len(known.caches) == 1


def test_the_future_is_not_needed():
    features, is_face = one_speaker(30)
    long = generate_online(NET, features, is_face, GREEDY, samples=1).codes
    short = generate_online(NET, {name: x[:12] for name, x in features.items()}, is_face[:12], GREEDY, samples=1).codes
    assert torch.equal(long[:, :12], short)


def test_nothing_follows_an_incomplete_chunk():
    features, is_face = one_speaker(3)
    decoder = OnlineDecoder(NET, replace(GREEDY, chunk=5), 1)
    assert decoder.push(features, is_face).codes.shape == (1, 3, 3)
    with pytest.raises(InputError, match="ended"):
        decoder.push(features, is_face)
