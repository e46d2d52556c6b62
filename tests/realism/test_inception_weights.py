"""The weights that a user brings: loaded, or refused with one sentence; and what `doctor` says."""

import hashlib

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from faceloom.errors import InputError
from faceloom.realism.extract import Extractor
from faceloom.realism.inception import SIDE, WIDTH, Inception
from faceloom.realism.weights import load, status, weight_file


@pytest.fixture(scope="module")
def tensors():
    """As the published file has them: with a classifier, random values."""
    torch.manual_seed(0)
    return Inception().state_dict() | {"fc.weight": torch.zeros(1008, WIDTH), "fc.bias": torch.zeros(1008)}


@pytest.fixture(scope="module")
def brought(tensors, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "inception.safetensors"
    save_file(tensors, path)
    return path


def refusal(path_or_value):
    with pytest.raises(InputError) as error:
        load(weight_file(str(path_or_value)))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_is_loaded_and_gives_features_of_pictures(brought, tensors):
    network = load(weight_file(str(brought)))
    assert torch.equal(network.Mixed_7c.branch3x3dbl_3b.conv.weight, tensors["Mixed_7c.branch3x3dbl_3b.conv.weight"])
    assert not network.training
    rng = np.random.default_rng(0)
    features = Extractor(lambda poses: rng.integers(0, 255, (len(poses), SIDE, SIDE, 3), np.uint8), network)(np.eye(2))
    assert features.shape == (2, WIDTH)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert (features[0] != features[1]).any()


def test_a_checkpoint_of_tensors_will_do(tensors, tmp_path):
    torch.save(tensors, tmp_path / "inception.pth", _use_new_zipfile_serialization=False)  # as releases of 2019 wrote
    load(weight_file(str(tmp_path / "inception.pth")))


def test_a_missing_file(tmp_path):
    assert "there is no such file; --inception takes the state dict `pt_inception" in refusal(tmp_path / "lost.pth")
    assert "there is no such file" in refusal(tmp_path)  # a folder is none


def test_the_weights_of_another_network(tmp_path, tensors):
    save_file({"conv1.weight": torch.ones(2)}, tmp_path / "other.safetensors")
    assert "470 of 470 tensors of the FID Inception network are missing, first `Conv2d_1a" in refusal(
        tmp_path / "other.safetensors"
    )
    save_file(tensors | {"Mixed_5b.branch_pool.conv.weight": torch.ones(64, 192, 1, 1)}, tmp_path / "wide.safetensors")
    assert "`Mixed_5b.branch_pool.conv.weight` has the shape (64, 192, 1, 1)" in refusal(tmp_path / "wide.safetensors")


def test_the_weights_of_torchvision_have_the_same_names_but_other_classes(tmp_path, tensors):
    save_file(tensors | {"fc.weight": torch.zeros(1000, WIDTH)}, tmp_path / "vision.safetensors")
    assert "a classifier of 1,000 classes" in refusal(tmp_path / "vision.safetensors")


def test_what_is_no_weight_file(tmp_path):
    (tmp_path / "text.pth").write_text("text")
    assert "neither safetensors nor a checkpoint of tensors alone" in refusal(tmp_path / "text.pth")


def test_checksums(brought):
    checksum = hashlib.sha256(brought.read_bytes()).hexdigest()
    assert weight_file(f"{brought}#sha256={checksum}").sha256 == checksum
    assert "as `--inception` says" in refusal(f"{brought}#sha256={'0' * 64}")
    assert refusal(f"{brought}#sha256=12").startswith("`--inception` has a checksum of 2 characters")


def test_what_doctor_says(brought):
    assert status(None).state == "absent"
    assert "skipped: FRRea" in status(None).meaning
    assert "FACELOOM_INCEPTION" in status(None).meaning
    assert status(str(brought)).state == "ok"
    assert "no checksum given" in status(str(brought)).meaning
    lost = status("lost.pth")
    assert (lost.state, lost.present) == ("wrong", False)
    other = status(f"{brought}#sha256={'0' * 64}")
    assert (other.state, other.present, other.sha256_ok) == ("wrong", True, False)
    assert other.path == str(brought)
