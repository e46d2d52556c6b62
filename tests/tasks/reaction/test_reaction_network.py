import json
from dataclasses import asdict, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_network import CONFIG, codes, like_default, network, speaker

from faceloom.errors import InputError
from faceloom.tasks.reaction.attention import SelfAttention, causal_mask
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.tokens import FRAME, Group, Meaning, NetworkConfig, delayed, shares, sinusoids

PUBLISHED = NetworkConfig(
    face=(("expression", 512), ("AU", 25_088), ("VA", 1_408)),
    pose=(("pose", 1_408),),
    audio=(("audio", 26),),
    clip=(("functionals", 6_373), ("lld", 194_805)),
    codes=(5_976, 8_000, 2_710),
    width=768,
    layers=8,
    heads=12,
    frames=750,
)
NET = network()
NETS = {"published": NET, "default": like_default()}
FRAMES = 17


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_published_widths_give_the_published_sizes():
    with torch.device("meta"):
        net = ReactionNetwork(PUBLISHED)
    codes_ = 5_976 + 8_000 + 2_710
    attention = 4 * (768 * 768 + 768)
    mlp = 768 * 3_072 + 3_072 + 3_072 * 768 + 768
    expected = {
        "speaker.face": 25_088 * 256 + 512 * 256 + 1_408 * 256 + 3 * 256,
        "speaker.pose": 1_408 * 768 + 768,
        "speaker.audio": 26 * 768 + 768,
        "listener": (codes_ + 3) * 768,
        "clip": 6_373 * 384 + 194_805 * 384 + 2 * 384,
        "blocks": 8 * (2 * attention + mlp + 2 * 2 * 768),
        "norm": 2 * 768,
        "heads": codes_ * 768,
        "match_head": 2 * 768,
    }
    assert {name: count(net.get_submodule(name)) for name in expected} == expected
    vectors = (1 + 1 + FRAME + 2) * 768  # no face, match token, modalities
    assert count(net) == sum(expected.values()) + vectors == 186_515_456
    assert net.clip.project[1].weight.numel() == 194_805 * 384 == 74_805_120
    assert [layer.out_features for layer in net.speaker.face.project] == [256, 256, 256]
    assert all(head.bias is None for head in (*net.heads, net.match_head))


def test_initial_weights():
    torch.manual_seed(0)
    net = ReactionNetwork(replace(CONFIG, width=96, layers=8))
    block, std = net.blocks[3], 0.02 * 8**0.5
    assert block.both_ways.qkv.weight.std().item() == pytest.approx(std, rel=0.05)
    for layer in (block.both_ways.out, block.causal.out, block.down):
        assert layer.weight.std().item() == pytest.approx(std / 4, rel=0.05)
        assert not layer.bias.any()
    assert net.modality.std().item() == pytest.approx(std, rel=0.15)


def online(features, is_face, listener, chunk=1, net=NET):
    with torch.no_grad():
        return net.logits(net.online(features, is_face, listener, chunk))


def equal_frames(a, b):
    """bool (frames,): where the logits of all streams and sequences are the same bits."""
    return torch.stack([(x == y).all(dim=-1).all(dim=0) for x, y in zip(a, b, strict=True)]).all(dim=0)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("chunk", [1, 5])
@settings(max_examples=12, deadline=None)
@given(t=st.integers(0, FRAMES - 1), stream=st.integers(0, 2))
def test_no_listener_code_of_a_frame_or_later_reaches_its_logits(net, chunk, t, stream):
    features, is_face, _ = speaker()
    listener = codes()
    changed = listener.clone()
    changed[:, t, stream] = (changed[:, t, stream] + 1) % CONFIG.codes[stream]
    before, after = (online(features, is_face, x, chunk, NETS[net]) for x in (listener, changed))
    same = equal_frames(before, after)
    first = (t // chunk + 1) * chunk  # the first chunk that may know it
    assert same[:first].all()
    assert not same[t + chunk : t + chunk + 1].any()  # the frame that holds it does know it
    assert not same[first + chunk :].any()


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("chunk", [1, 5])
@pytest.mark.parametrize("name", ["facial", "landmarks", "pose", "audio", "is_face"])
@pytest.mark.parametrize("t", [0, 4, 5, 16])
def test_no_speaker_feature_after_a_frame_reaches_its_logits(net, chunk, name, t):
    features, is_face, _ = speaker()
    changed, face = {key: value.clone() for key, value in features.items()}, is_face.clone()
    if name == "is_face":
        face[:, t] = ~face[:, t]
    else:
        is_face[:, t] = face[:, t] = True  # or a stream of the face is not there to change
        changed[name][:, t] += 3.0
    listener = codes()
    parts = ((features, is_face), (changed, face))
    before, after = (online(*spoken, listener, chunk, NETS[net]) for spoken in parts)
    same = equal_frames(before, after)
    first = t // chunk * chunk
    assert same[:first].all()
    assert not same[first:].any()


def test_both_ways_sees_everything_valid_and_nothing_else():
    features, is_face, clip = speaker()
    valid = torch.arange(FRAMES).expand(2, -1) < torch.tensor([[FRAMES], [9]])

    def logits(listener, features=features):
        with torch.no_grad():
            return NET.logits(NET.offline(features, is_face, listener, clip, valid)), NET.match(
                features, is_face, listener, valid
            )

    listener = codes()
    late, early = listener.clone(), listener.clone()
    late[1, 9:] = 0
    early[:, 8] = CONFIG.codes[0] - 5
    before = logits(listener)
    after = logits(late, {name: torch.where(valid[..., None], x, 9.0) for name, x in features.items()})
    assert all(torch.equal(a[1, :9], b[1, :9]) for a, b in zip(before[0], after[0], strict=True))
    assert torch.equal(before[1], after[1])
    assert not equal_frames(before[0], logits(early)[0])[:8].any()


def test_a_short_clip_alone_equals_the_same_clip_in_a_padded_batch():
    features, is_face, clip = speaker()
    valid = torch.arange(FRAMES).expand(2, -1) < torch.tensor([[FRAMES], [9]])
    with torch.no_grad():
        padded = NET.online(features, is_face, codes())[1, :9]
        alone = NET.online({name: x[1:, :9] for name, x in features.items()}, is_face[1:, :9], codes()[1:, :9])[0]
        assert torch.allclose(padded, alone, atol=1e-5)
        # offline the token at the end stands elsewhere in a padded sequence; among equals nothing else differs
        full = NET.offline(features, is_face, codes(), clip, torch.ones_like(valid))
        assert torch.allclose(full, NET.offline(features, is_face, codes(), clip), atol=1e-5)


def test_the_clip_vector_is_for_offline_alone():
    features, is_face, clip = speaker()
    with torch.no_grad():
        a = NET.offline(features, is_face, codes(), clip)
        b = NET.offline(features, is_face, codes(), {"functionals": clip["functionals"] + 1})
    assert not (a == b).all(dim=-1).any()


def test_one_speaker_for_several_listeners():
    features, is_face, clip = speaker(batch=1)
    many = {name: x.expand(2, -1, -1) for name, x in features.items()}
    with torch.no_grad():
        for one, both in (
            (NET.online(features, is_face, codes()), NET.online(many, is_face.expand(2, -1), codes())),
            (
                NET.offline(features, is_face, codes(), clip),
                NET.offline(many, is_face.expand(2, -1), codes(), {n: x.expand(2, -1) for n, x in clip.items()}),
            ),
        ):
            assert torch.allclose(one, both, atol=1e-5)


def test_a_missing_face_is_a_learned_vector():
    features, _, _ = speaker()
    other = {**features, "facial": features["facial"] + 5, "landmarks": features["landmarks"].clone().fill_(torch.nan)}
    nobody = torch.zeros(2, FRAMES, dtype=torch.bool)
    assert all(
        torch.equal(a, b)
        for a, b in zip(online(features, nobody, codes()), online(other, nobody, codes()), strict=True)
    )


def test_features_are_standardised_and_nan_is_the_mean():
    group = Group((("a", 2), ("b", 1)), 5)
    assert [layer.out_features for layer in group.project] == [3, 2]
    group.standardise("a", torch.tensor([10.0, 4.0]), torch.tensor([2.0, 0.0]))
    x = {"a": torch.tensor([[12.0, 7.0], [torch.nan, torch.nan]]), "b": torch.zeros(2, 1)}
    plain = {"a": torch.tensor([[1.0, 0.0], [0.0, 0.0]]), "b": torch.zeros(2, 1)}
    raw = Group((("a", 2), ("b", 1)), 5)
    raw.project.load_state_dict(group.project.state_dict())
    assert torch.allclose(group(x, (2,)), raw(plain, (2,)))


def test_noise_is_for_training_alone_and_partly_the_same_in_all_frames_of_a_stretch():
    torch.manual_seed(0)
    group = Group((("a", 4),), 4, noise=0.5)
    with torch.no_grad():
        group.project[0].weight.copy_(torch.eye(4))
        group.project[0].bias.zero_()
    x = {"a": torch.zeros(2000, 10, 4)}
    noisy = group(x, (2000, 10))
    offsets = noisy.mean(dim=1)  # over the frames of a stretch
    assert noisy.std().item() == pytest.approx(0.5 * 2**0.5, rel=0.05)
    assert offsets.std().item() == pytest.approx(0.5 * 1.1**0.5, rel=0.05)
    assert torch.equal(group.eval()(x, (2000, 10)), x["a"])


def test_matching_goes_by_its_own_streams_and_they_are_not_disturbed():
    net = network(replace(CONFIG, matching=("audio",), noise=5.0, dropout=0.0)).train()
    features, is_face, _ = speaker()
    known = net.match(features, is_face, codes())
    assert torch.equal(net.match(features, is_face, codes()), known)
    for name, same in {"facial": True, "pose": True, "audio": False}.items():
        changed = net.match(features | {name: features[name] + 1}, is_face, codes())
        assert torch.equal(changed, known) == same


def test_vectors_of_codes_are_kept_until_something_changes_them():
    table = Meaning(5, 3, 8, 1)
    table.know(torch.rand(5, 3))
    with torch.no_grad():
        first = table.weight
        assert table.weight is first
        table.map[0].weight.mul_(2)
        changed = table.weight
        assert not torch.equal(changed, first)
        table.know(torch.rand(5, 3))
        assert not torch.equal(table.weight, changed)
    assert table.weight.requires_grad


def test_a_group_without_streams_is_a_learned_vector():
    config = replace(CONFIG, pose=(), clip=())
    features, is_face, _ = speaker(config)
    with torch.no_grad():
        out = network(config).offline(features, is_face, codes(), {})
    assert out.shape == (2, FRAMES, 3, 32)


def test_delayed_codes():
    listener, unknown = codes(frames=7), torch.tensor(CONFIG.codes)
    for chunk in (1, 5, 9):
        late = delayed(listener, chunk, unknown)
        assert late.shape == listener.shape
        assert (late[:, :chunk] == unknown).all()
        assert torch.equal(late[:, chunk:], listener[:, : max(0, 7 - chunk)])


def test_the_causal_mask_is_a_staircase_of_chunks():
    mask = causal_mask(5, 2, 3, torch.device("cpu"))
    chunk = torch.tensor([0] * 6 + [1] * 6 + [2] * 3)
    assert torch.equal(mask, torch.tensor([[bool(chunk[k] <= chunk[q]) for k in range(15)] for q in range(15)]))


def test_attention_equals_the_explicit_matrix():
    torch.manual_seed(0)
    attention, x = SelfAttention(16, 2, 0.5).eval(), torch.randn(3, 9, 16)
    mask = causal_mask(3, 1, 3, x.device)
    q, k, v = (part.view(3, 9, 2, 8).transpose(1, 2) for part in attention.qkv(x).split(16, dim=-1))
    weights = (q @ k.transpose(-1, -2) / 8**0.5).masked_fill(~mask, -torch.inf).softmax(dim=-1)
    explicit = attention.out((weights @ v).transpose(1, 2).reshape(3, 9, 16))
    assert torch.allclose(attention(x, mask), explicit, atol=1e-6)


def test_a_full_window_is_an_error():
    features, is_face, _ = speaker(frames=3)
    with pytest.raises(InputError, match="window"):
        NET.step(features, is_face, codes(frames=3), NET.new_cache(2, 2))


def test_checkpointing_changes_memory_not_gradients():
    features, is_face, _ = speaker()
    gradients = []
    for checkpointing in (False, True):
        net = network(scale=1.0).train()
        net.checkpointing = checkpointing
        torch.manual_seed(3)  # dropout
        net.online(features, is_face, codes()).square().mean().backward()
        gradients.append([p.grad for p in net.parameters() if p.grad is not None])
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))


def test_config_survives_json():
    text = json.dumps(asdict(PUBLISHED), sort_keys=True)
    assert NetworkConfig.from_json(json.loads(text)) == PUBLISHED


def test_sinusoids_and_shares():
    table = sinusoids(50, 6)
    assert table[7, 2] == pytest.approx(torch.sin(torch.tensor(7 / 10_000 ** (2 / 6))).item(), abs=1e-6)
    assert table[7, 3] == pytest.approx(torch.cos(torch.tensor(7 / 10_000 ** (2 / 6))).item(), abs=1e-6)
    assert sinusoids(3, 5).shape == (3, 5)
    assert shares(768, 3) == [256] * 3
    assert shares(10, 4) == [3, 3, 2, 2]
