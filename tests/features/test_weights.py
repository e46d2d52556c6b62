"""What the params name, what is there, and what `doctor` says."""

import hashlib
import pickle

import pytest
import torch
from safetensors.torch import save_file

from faceloom.errors import InputError
from faceloom.features.resmasknet import ResMaskNet
from faceloom.features.weight_files import WeightFile, read_tensors
from faceloom.features.weights import extractors, status
from faceloom.params import Facial, Params, Pose


@pytest.fixture
def some_file(tmp_path):
    path = tmp_path / "some.safetensors"
    save_file({"a": torch.ones(2)}, path)
    return path


def checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_named_means_nothing_to_run():
    assert extractors(Facial()) == []


def test_each_named_file_is_an_extractor(some_file):
    found = extractors(Facial(me_graphau=str(some_file), efficientnet_va=f"{some_file}#sha256={checksum(some_file)}"))
    assert [(e.name, e.width) for e in found] == [("me_graphau", 25_088), ("efficientnet_va", 1_408)]
    assert found[0].sha256 == checksum(some_file)


def test_an_absent_file_says_what_to_bring():
    with pytest.raises(
        InputError, match=r"no such file, but `facial.resmasknet` names it; bring .*ResidualMaskingNetwork"
    ):
        extractors(Facial(resmasknet="nowhere/rmn.safetensors"))


def test_another_file_than_the_checksum_says(some_file):
    with pytest.raises(InputError, match=r"its SHA-256 is .*`facial.me_graphau` says"):
        extractors(Facial(me_graphau=f"{some_file}#sha256={'0' * 64}"))


@pytest.mark.parametrize("digits", ["", "abc", "g" * 64])
def test_a_checksum_that_is_none(digits):
    with pytest.raises(InputError, match="SHA-256 has 64"):
        WeightFile.parse("facial.x", f"file#sha256={digits}", "x")


def test_the_wrong_network_is_refused_at_setup(some_file):
    extractor = extractors(Facial(efficientnet_va=str(some_file)))[0]
    with pytest.raises(InputError, match="tensors of EfficientNet-B2 are missing"):
        extractor.setup("cpu")


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"net": s, "epoch": 3}, lambda s: {"state_dict": s}])
def test_checkpoints_of_training_code_are_unwrapped(tmp_path, wrap):
    path = tmp_path / "checkpoint.pth"
    torch.save(wrap({"module.a": torch.ones(2)}), path)
    assert list(read_tensors(path)) == ["a"]


class Evil:
    def __reduce__(self):
        return (print, ("ran",))


@pytest.mark.parametrize("content", [b"", b"text", pickle.dumps(Evil())])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_is_no_weight_file_is_refused_unread(tmp_path, capsys, content, suffix):
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match="neither safetensors nor a checkpoint of tensors alone"):
        read_tensors(path)
    assert "ran" not in capsys.readouterr().out


# torch deprecates what makes such files; they are still about, and must be refused
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:DeprecationWarning")
def test_torchscript_is_refused(tmp_path):
    path = tmp_path / "model.pt"
    torch.jit.script(torch.nn.Linear(1, 1)).save(path)
    with pytest.raises(InputError, match="neither"):
        read_tensors(path)


def test_status_of_everything(some_file):
    facial = Facial(me_graphau=f"{some_file}#sha256={checksum(some_file)}", resmasknet=f"{some_file}#sha256={'0' * 64}")
    rows = {row.key: row for row in status(Params(facial=facial, pose=Pose(videomae="nowhere")))}
    assert (rows["facial.me_graphau"].sha256_ok, rows["facial.me_graphau"].what_is_skipped) == (True, "")
    assert [row.state for row in rows.values()] == ["ok", "wrong", "absent", "wrong"]
    assert rows["facial.me_graphau"].meaning.endswith("the checksum is right")
    assert (rows["facial.resmasknet"].present, rows["facial.resmasknet"].sha256_ok) == (True, False)
    assert "1,408 valence" in rows["facial.efficientnet_va"].what_is_skipped
    assert "nowhere" in rows["pose.videomae"].what_is_skipped
    assert not rows["pose.videomae"].present


def test_the_network_has_the_published_names():
    with torch.device("meta"):
        names = set(ResMaskNet().state_dict())
    assert {
        "layer4.2.bn2.running_var",
        "mask1.conv8.downsample.0.weight",
        "mask1.up_pool5.0.bias",
        "mask3.conv4.conv2.weight",
        "mask4.conv2.downsample.1.weight",
    } <= names
