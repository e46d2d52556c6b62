"""Random weights under the published names: widths, what an absent face gives, and what is refused."""

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import save_file

from faceloom.errors import InputError
from faceloom.features.efficientnet_va import EfficientNetB2, EfficientNetFeatures
from faceloom.features.me_graphau import MEGraphAU, MEGraphAUFeatures
from faceloom.features.resmasknet import Mask, ResMaskNet, ResMaskNetFeatures
from faceloom.features.resnet import Bottleneck, ResNet
from faceloom.features.swin import Swin
from faceloom.features.weight_files import WeightFile, fit
from faceloom.store import Clip, ClipTable, images, write_table
from faceloom.store.cache import identity

NETWORKS = {
    "resnet": (MEGraphAUFeatures, lambda: MEGraphAU(ResNet(Bottleneck, (3, 4, 6, 3)), 2048), 25_088, 224),
    "swin": (MEGraphAUFeatures, lambda: MEGraphAU(Swin(), 1024), 25_088, 224),
    "resmasknet": (ResMaskNetFeatures, ResMaskNet, 512, 224),
    "efficientnet": (EfficientNetFeatures, EfficientNetB2, 1_408, 260),
}


@pytest.fixture(scope="module", params=NETWORKS)
def brought(request, tmp_path_factory):
    """(adapter, network, width, side, file with the network's random weights as a training script leaves them)."""
    adapter, build, width, side = NETWORKS[request.param]
    torch.manual_seed(0)
    network = build().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and isinstance(network, EfficientNetB2):
            torch.nn.init.kaiming_normal_(module.weight)  # the default's signal fades before the last layer
    for name, value in network.named_buffers():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.0)
    path = tmp_path_factory.mktemp(request.param) / "weights.safetensors"
    save_file(
        {f"module.{k}": v.contiguous() for k, v in network.state_dict().items()} | {"head.fc": torch.ones(1)}, path
    )
    return adapter, network, width, side, path


def face(value=90):
    picture = np.full((128, 128, 3), value, np.uint8)
    cv2.circle(picture, (64, 60), 30, (200, 120, 80), -1)
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.fixture
def clip(tmp_path):
    """Three frames, the middle one without a face."""
    table = pa.table(
        {
            "frame": pa.array(range(3), pa.int32()),
            "is_face": [True, False, True],
            "image": images([face(), None, face(140)]),
        }
    )
    write_table(tmp_path / "faces.parquet", [table.slice(0, 2), table.slice(2)])
    return Clip("a.mp4", "0", 3, tmp_path, {}, tables={"faces": ClipTable(tmp_path / "faces.parquet", 0, 2)})


def test_features_of_a_clip(brought, clip, tmp_path):
    adapter, network, width, side, path = brought
    extractor = adapter.of(WeightFile.parse("facial.x", str(path), "the weights of X"))
    assert str(path) not in identity(extractor)  # the same bytes elsewhere are the same features
    extractor.setup("cpu")
    extractor(clip, tmp_path)
    table = pq.read_table(tmp_path / "table.parquet")
    features = np.array(table["features"].to_pylist(), np.float32)
    assert features.shape == (3, width)
    assert table["features"].type.value_type == pa.float16()
    assert np.isnan(features[1]).all()
    assert np.isfinite(features[[0, 2]]).all()
    assert not np.array_equal(features[0], features[2])

    faces = adapter.prepare(cv2.cvtColor(cv2.imdecode(np.frombuffer(face(), np.uint8), 1), cv2.COLOR_BGR2RGB))
    assert faces.shape == (3, side, side)
    with torch.inference_mode():
        expected = network.features(torch.from_numpy(faces[None]))[0].numpy().astype(np.float16)
    np.testing.assert_allclose(features[0], expected.astype(np.float32), rtol=1e-2, atol=1e-3)


def test_a_missing_tensor_is_named(brought):
    network = brought[1]
    tensors = dict(network.state_dict())
    gone = next(name for name in tensors if name.endswith("weight"))
    del tensors[gone]
    with pytest.raises(InputError, match=f"1 of .* tensors of X are missing, first `{gone}`"):
        fit(network, tensors, "file", "X")


def test_a_wrong_shape_is_named():
    network = Mask(8, 1)
    tensors = network.state_dict() | {"conv1.conv1.weight": torch.zeros(1, 8, 3, 3)}
    with pytest.raises(InputError, match=r"`conv1.conv1.weight` has the shape \(1, 8, 3, 3\)"):
        fit(network, tensors, "file", "X")


@pytest.mark.parametrize(("depth", "side"), [(1, 7), (2, 14), (3, 28), (4, 56)])
def test_masks_are_distributions_over_channels(depth, side):
    mask = Mask(8, depth).eval()(torch.randn(2, 8, side, side))
    assert mask.shape == (2, 8, side, side)
    torch.testing.assert_close(mask.sum(1), torch.ones(2, side, side))


def test_parameter_counts_are_the_published_ones():
    def count(network):
        return sum(p.numel() for p in network.parameters()) / 1e6

    with torch.device("meta"):
        assert count(ResNet(Bottleneck, (3, 4, 6, 3))) == pytest.approx(23.51, abs=0.01)  # 25.56 with the head
        assert count(EfficientNetB2()) == pytest.approx(7.70, abs=0.01)  # 9.11 with the head
        assert count(ResMaskNet()) == pytest.approx(137.79, abs=0.01)  # 142.9 with the tensors that it holds twice
    assert count(Swin()) == pytest.approx(86.74, abs=0.01)  # 87.77 with the head
