"""Shapes, and that a frame hears its sequence and nothing else."""

import pytest
import torch

from faceloom.coefficients.network import CoefficientNetwork, NetworkConfig


@pytest.fixture
def network():
    torch.manual_seed(0)
    return _other_units(CoefficientNetwork(NetworkConfig(hidden=8))).eval()


def _other_units(network):
    network.input_scale.fill_(2.0)
    network.output_mean.fill_(5.0)
    return network


def test_the_published_sizes():
    network = CoefficientNetwork(NetworkConfig(residual=False))
    assert (network.lstm.hidden_size, network.lstm.num_layers, network.lstm.bidirectional) == (128, 2, True)
    first, second = (2 * 4 * 128 * (inputs + 128 + 2) for inputs in (25, 256))
    assert sum(p.numel() for p in network.parameters()) == first + second + 58 * 257


def test_a_frame_hears_before_and_after(network):
    x = torch.randn(1, 20, 25)
    out = network(x)
    assert out.shape == (1, 20, 58)
    for other in (0, 19):
        changed = x.clone()
        changed[:, other] += 1
        assert (network(changed)[0, 10] != out[0, 10]).any()


def test_padding_reaches_no_frame(network):
    x = torch.randn(2, 12, 25)
    padded = torch.cat([x, torch.full((2, 5, 25), 9.0)], dim=1)
    padded[0, 7:] = -9.0
    out = network(padded, torch.tensor([7, 12]))
    assert out.shape == (2, 17, 58)
    torch.testing.assert_close(out[0, :7], network(x[:1, :7])[0])
    torch.testing.assert_close(out[1, :12], network(x[1:])[0])


def test_units_do_not_matter():
    torch.manual_seed(0)
    network = CoefficientNetwork(NetworkConfig(hidden=8))
    x = torch.randn(1, 6, 25)
    out = network(x)
    network.input_scale.fill_(4.0)
    network.input_mean.fill_(1.0)
    network.output_scale.fill_(10.0)
    network.output_mean.fill_(-3.0)
    torch.testing.assert_close(network(4 * x + 1), 10 * out - 3)


def test_training_starts_from_a_linear_map(network):
    slope, intercept, x = torch.randn(25, 58).double(), torch.randn(58).double(), torch.randn(3, 4, 25)
    network.start_from(slope, intercept)
    torch.testing.assert_close(network(x), x @ slope.float() + intercept.float(), rtol=1e-4, atol=1e-4)
    network(x).square().mean().backward()
    assert network.head.weight.grad.abs().sum() > 0  # the LSTM is not cut off for good
