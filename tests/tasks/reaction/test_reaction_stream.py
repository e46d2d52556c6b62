import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_network import CONFIG, network, speaker
from toy_packed import BOOKS

from faceloom.errors import InputError
from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.codebooks import STREAMS
from faceloom.tasks.reaction.data import Sample
from faceloom.tasks.reaction.sampling import PRESETS, Sampling
from faceloom.tasks.reaction.stream import ReactionStream

SIZES = replace(CONFIG, codes=BOOKS.sizes, clip=())
NET = network(SIZES)
NET.know([torch.from_numpy(getattr(BOOKS, name)) for name in STREAMS])
MODEL = ReactionModel(NET, BOOKS, {"online": "online-frame", "offline": "offline-8steps"})
FRAMES = 23


def sample(frames=FRAMES):
    features, is_face, _ = speaker(SIZES, batch=1, frames=frames)
    features = {name: x[0].half().numpy() for name, x in features.items()}
    return Sample(features, {}, np.zeros((frames, 3), np.int32), np.zeros((frames, 25), np.float32), is_face[0].numpy())


def pushed(stream, spoken):
    for t in range(len(spoken)):
        yield stream.push({name: x[t] for name, x in spoken.features.items()}, bool(spoken.is_face[t]))


@pytest.mark.parametrize("chunk", [1, 5])
@pytest.mark.parametrize("sampling", [PRESETS["greedy"], Sampling((1.0, -0.05), top_k=2, window=10)])
def test_a_stream_gives_what_a_batch_gives(chunk, sampling):
    sampling, spoken = replace(sampling, chunk=chunk), sample()
    stream = ReactionStream(MODEL, sampling, samples=4, seed=3)
    answers = [*pushed(stream, spoken), stream.finish()]
    batch = MODEL.react(spoken, "online", sampling, samples=4, seed=3)
    assert np.array_equal(np.concatenate(answers, axis=1), batch)
    # a frame is answered with its chunk, the rest at the end
    lengths = [answer.shape[1] for answer in answers]
    assert lengths == [chunk if (t + 1) % chunk == 0 else 0 for t in range(FRAMES)] + [FRAMES % chunk]


def test_the_models_preset_is_the_default():
    stream = ReactionStream(MODEL, samples=2)
    assert stream.sampling == PRESETS["online-frame"]
    assert stream.push({name: x[0] for name, x in sample().features.items()}).shape == (2, 1, 25)
    assert stream.finish().shape == (2, 0, 25)


def test_memory_and_look_back_are_bounded():
    spoken = sample(95)
    stream = ReactionStream(MODEL, PRESETS["greedy"], samples=2)
    for _ in pushed(stream, spoken):
        held = sum(layer.keys.numel() for cache in stream.decoder.caches for layer in cache)
        assert held <= 2 * SIZES.layers * 2 * 40 * 6 * SIZES.width


def test_wrong_frames_are_named():
    frame = {name: x[0] for name, x in sample().features.items()}
    stream = ReactionStream(MODEL)
    with pytest.raises(InputError, match="`pose` is missing"):
        stream.push({name: x for name, x in frame.items() if name != "pose"})
    with pytest.raises(InputError, match=r"`pose` is \(5,\); the model needs \(6,\)"):
        stream.push(frame | {"pose": np.zeros(5)})


def test_offline_reactions_of_a_model():
    attributes = MODEL.react(sample(), "offline", samples=3)
    assert attributes.shape == (3, FRAMES, 25)
    for reaction in attributes:  # what the codes stand for
        assert np.array_equal(BOOKS.decode(BOOKS.encode(reaction)), reaction)


@pytest.mark.parametrize("task", ["online", "offline"])
def test_means_are_within_what_attributes_can_be(task):
    wild = replace(PRESETS["online-mean"], contrast=50.0)
    attributes = MODEL.react(sample(), task, wild, samples=2)
    assert attributes.min() == -1
    assert attributes.max() == 1
    assert (np.delete(attributes, [15, 16], axis=2) >= 0).all()


@pytest.mark.gpu
def test_reactions_on_a_gpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    model = ReactionModel(copy.deepcopy(NET).cuda(), BOOKS, MODEL.settings)
    for task in ("online", "offline"):
        attributes = model.react(sample(), task, samples=10)
        assert attributes.shape == (10, FRAMES, 25)
        assert np.isfinite(attributes).all()
