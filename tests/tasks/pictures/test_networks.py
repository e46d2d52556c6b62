import pytest
import torch
from printed import trunk

from faceloom.describe import layers
from faceloom.tasks.emotion_cnn.network import EmotionNetwork, standardised
from faceloom.tasks.emotion_cnn.network import NetworkConfig as EmotionConfig
from faceloom.tasks.expression.network import ExpressionNetwork
from faceloom.tasks.expression.network import NetworkConfig as ExpressionConfig
from faceloom.tasks.keypoints.network import KeypointNetwork
from faceloom.tasks.keypoints.network import NetworkConfig as KeypointConfig


def described(task):
    return [(row.name, row.shape, row.parameters) for row in layers(task, "paper")]


def trained(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_keypoint_network_is_the_printed_one():
    rows = described("keypoints")
    assert rows == [
        *trunk(),
        ("pool", "1 x 512 x 2 x 2", 0),
        ("flatten", "1 x 2048", 0),
        ("head.dense1", "1 x 4096", 8_392_704),
        ("head.relu1", "1 x 4096", 0),
        ("head.drop1", "1 x 4096", 0),
        ("head.dense2", "1 x 2048", 8_390_656),
        ("head.relu2", "1 x 2048", 0),
        ("head.drop2", "1 x 2048", 0),
        ("head.dense3", "1 x 30", 61_470),
        ("head.relu3", "1 x 30", 0),
    ]
    assert sum(row[2] for row in rows) == 18_016_286
    assert trained(KeypointNetwork(KeypointConfig())) == 18_007_710


def test_the_expression_network_is_the_printed_one():
    rows = described("expression")
    assert rows == [
        ("enlarge", "1 x 1 x 96 x 96", 0),
        *trunk(),
        ("pool", "1 x 512 x 1 x 1", 0),
        ("flatten", "1 x 512", 0),
        ("dense", "1 x 5", 2_565),
    ]
    assert sum(row[2] for row in rows) == 1_174_021
    assert trained(ExpressionNetwork(ExpressionConfig())) == 1_165_445


def test_the_emotion_network_is_the_book_s():
    rows = [row for row in described("emotion_cnn") if "relu" not in row[0] and "drop" not in row[0]]
    assert rows == [
        ("features.conv1", "1 x 32 x 48 x 48", 5 * 5 * 32 + 32),
        ("features.pool1", "1 x 32 x 24 x 24", 0),
        ("features.conv2", "1 x 64 x 24 x 24", 3 * 3 * 32 * 64 + 64),
        ("features.pool2", "1 x 64 x 12 x 12", 0),
        ("flatten", "1 x 9216", 0),
        ("head.dense1", "1 x 256", 9216 * 256 + 256),
        ("head.dense2", "1 x 7", 256 * 7 + 7),
    ]


def test_initial_weights_are_the_references():
    torch.manual_seed(0)
    emotion = EmotionNetwork(EmotionConfig())
    weights = emotion.head.get_parameter("dense1.weight").detach()
    assert weights.abs().max() <= 0.04
    assert weights.std() == pytest.approx(0.02 * 0.88, rel=0.02)  # of a normal cut at two deviations
    # half the squares of both convolutions: what lifts the book's first loss above log 7
    squares = sum((p**2).sum() for name, p in emotion.named_parameters() if "conv" in name)
    assert emotion.penalty().item() == pytest.approx(squares.item() / 2, rel=1e-4)
    first = torch.log(torch.tensor(7.0)) + 0.01 * emotion.penalty()
    assert first.item() == pytest.approx(1.963, abs=0.03)
    dense = ExpressionNetwork(ExpressionConfig()).dense
    assert dense.weight.abs().max() <= (6 / (512 + 5)) ** 0.5  # Glorot
    assert not dense.bias.any()


def test_an_untrained_keypoint_network_starts_at_the_mean_shape():
    torch.manual_seed(0)
    network = KeypointNetwork(KeypointConfig(width=8)).eval()
    shape = torch.rand(15, 2) * 40 + 30
    network.start_from(shape)
    found = network(torch.rand(4, 1, 96, 96))
    assert found.shape == (4, 15, 2)
    assert (found - shape).abs().mean() < 5
    network(torch.rand(2, 1, 96, 96)).sum().backward()
    assert network.head.get_parameter("dense3.bias").grad.all()  # no coordinate starts dead


def test_fer_pictures_are_enlarged_and_small_ones_fill_the_last_pooling():
    network = ExpressionNetwork(ExpressionConfig(width=4)).eval()
    assert network.enlarge(torch.rand(1, 1, 48, 48)).shape[-1] == 96
    for side in (48, 72, 96):
        assert network(torch.rand(2, 1, side, side)).shape == (2, 5)


def test_standardised_pictures_do_not_depend_on_brightness_or_contrast():
    x = torch.rand(3, 1, 48, 48)
    torch.testing.assert_close(standardised(0.3 * x + 0.4), standardised(x), atol=1e-4, rtol=0)
    assert standardised(torch.full((1, 1, 48, 48), 0.7)).abs().max() < 1e-3
    plain, standard = (EmotionNetwork(EmotionConfig(2, 7, flag)).eval() for flag in (False, True))
    standard.load_state_dict(plain.state_dict())
    torch.testing.assert_close(standard(x), plain(standardised(x)))
