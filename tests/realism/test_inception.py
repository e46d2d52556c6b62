"""The network's names, sizes and the two places where it differs from torchvision's."""

import pytest
import torch
from torch import nn

from faceloom.realism.inception import SIDE, WIDTH, Conv, Inception, Mixed


@pytest.fixture(scope="module")
def network():
    """Shapes alone: nothing is computed on this device."""
    with torch.device("meta"):
        return Inception()


def test_names_and_sizes_are_the_published_ones(network):
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    assert len(shapes) == 94 * 6  # convolutions of the paper's network without its side head: weight and batch norm
    assert sum(p.numel() for p in network.parameters()) == 21_785_568
    assert shapes["Conv2d_1a_3x3.conv.weight"] == (32, 3, 3, 3)
    assert shapes["Mixed_5b.branch_pool.conv.weight"] == (32, 192, 1, 1)
    assert shapes["Mixed_6a.branch3x3.conv.weight"] == (384, 288, 3, 3)
    assert shapes["Mixed_6d.branch7x7dbl_4.conv.weight"] == (160, 160, 7, 1)
    assert shapes["Mixed_7a.branch7x7x3_2.conv.weight"] == (192, 192, 1, 7)
    assert shapes["Mixed_7c.branch3x3dbl_3b.bn.running_var"] == (384,)


def test_each_block_gives_the_map_of_the_paper(network):
    found = {}
    for name, block in network.named_children():
        block.register_forward_hook(lambda _, __, out, name=name: found.__setitem__(name, tuple(out.shape[1:])))
    features = network.eval()(torch.empty(2, 3, SIDE, SIDE, device="meta"))
    assert features.shape == (2, WIDTH)
    assert found["Conv2d_4a_3x3"] == (192, 71, 71)
    assert [found[f"Mixed_{name}"] for name in ("5b", "5c", "5d")] == [(256, 35, 35), (288, 35, 35), (288, 35, 35)]
    assert {found[f"Mixed_{name}"] for name in ("6a", "6b", "6c", "6d", "6e")} == {(768, 17, 17)}
    assert [found[f"Mixed_{name}"] for name in ("7a", "7b", "7c")] == [(1280, 8, 8), (2048, 8, 8), (2048, 8, 8)]


def test_average_pools_leave_the_padding_out_and_the_last_block_pools_by_maximum(network):
    ramp = torch.arange(16.0).reshape(1, 1, 4, 4)
    for name, block in network.named_children():
        if name in ("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7b"):
            assert block.pool(ramp)[0, 0, 0, 0] == (0 + 1 + 4 + 5) / 4
    assert network.Mixed_7c.pool(ramp)[0, 0, 0, 0] == 5


def test_chains_are_stacked_in_order():
    block = Mixed(
        1, {"plain": [Conv(1)], "fork": [Conv(1), (Conv(1), Conv(1))], "branch_pool": [Conv(1)]}, pool=nn.ReLU()
    )
    assert [name for name, _ in block.named_children()][1:] == ["plain", "fork_1", "fork_2a", "fork_2b", "branch_pool"]
    for factor, name in enumerate(("plain", "fork_1", "fork_2a", "fork_2b", "branch_pool"), 2):
        nn.init.constant_(block.get_submodule(name).conv.weight, factor)
    values = block.eval()(torch.ones(1, 1, 1, 1)).flatten()
    torch.testing.assert_close(values, torch.tensor([2.0, 3 * 4, 3 * 5, 6]), rtol=0.002, atol=0)  # the norm's epsilon


def test_a_map_that_is_pooled_without_a_convolution_comes_last():
    block = Mixed(2, {"only": [Conv(3, (3, 3), 2, padded=False)]}, pool=nn.MaxPool2d(3, 2))
    x = torch.rand(1, 2, 7, 7)
    assert torch.equal(block.eval()(x)[:, 3:], nn.MaxPool2d(3, 2)(x))
