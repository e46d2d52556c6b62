import pytest
import torch
from toy_network import CONFIG, network, speaker

from faceloom.errors import InputError
from faceloom.tasks.reaction import windows
from faceloom.tasks.reaction.sampling import Sampling
from faceloom.tasks.reaction.windows import Window, all_states

NET = network()


@pytest.mark.parametrize(("frame", "start"), [(0, 0), (7, 0), (8, 0), (15, 0), (16, 8), (23, 8), (24, 16)])
def test_windows_start_half_a_window_apart(frame, start):
    assert Window.of(Sampling(window=16, chunk=4), 750).start(frame) == start


def test_a_window_is_whole_chunks_that_the_network_knows():
    assert Window.of(Sampling(window=150, chunk=5), 40) == Window(5, 20)
    assert Window.of(Sampling(window=15, chunk=5), 40) == Window(5, 5)
    with pytest.raises(InputError, match="window of at least 10"):
        Window.of(Sampling(window=5, chunk=5), 40)


@pytest.mark.parametrize(("frames", "count"), [(1, 1), (16, 1), (17, 2), (24, 2), (25, 3)])
def test_every_frame_is_in_a_window_that_answers_it(frames, count):
    window = Window(chunk=4, half=8)
    assert window.count(frames) == count
    assert window.start(frames - 1) == (count - 1) * 8


@pytest.mark.parametrize("frames", [1, 15, 16, 17, 39, 40])
@torch.no_grad()
def test_states_are_those_of_a_forward_over_what_each_frame_looks_back_on(frames, monkeypatch):
    monkeypatch.setattr(windows, "TOGETHER", 35)  # two windows of 16 at a time
    window, (features, is_face, _) = Window(chunk=4, half=8), speaker(CONFIG, batch=1, frames=frames)
    parts = list(all_states(NET, {name: x[0] for name, x in features.items()}, is_face[0], window))
    found = torch.cat(parts, dim=1)
    assert found.shape == (1, frames, 3, CONFIG.width)
    for t in range(frames):
        part = slice(window.start(t), t // 4 * 4 + 4)
        heard = {name: x[:, part] for name, x in features.items()}
        unknown = NET.listener.unknown.expand(1, len(is_face[0, part]), -1)
        expected = NET.online(heard, is_face[:, part], unknown, chunk=4)[0, t - part.start]
        assert torch.allclose(found[0, t], expected, atol=1e-5)


def test_long_clips_pass_in_parts_of_bounded_length(monkeypatch):
    monkeypatch.setattr(windows, "TOGETHER", 32)
    features, is_face, _ = speaker(CONFIG, batch=1, frames=38)
    parts = all_states(NET, {name: x[0] for name, x in features.items()}, is_face[0], Window(chunk=4, half=8))
    assert [part.shape[1] for part in parts] == [24, 8, 6]
