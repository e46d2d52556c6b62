"""ONNX files against PyTorch."""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from faceloom import export
from faceloom.errors import InputError

sys.path.insert(0, str(Path(__file__).parent / "prediction"))
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    from toy_models import write_networks

    folder = tmp_path_factory.mktemp("models")
    write_networks(folder)
    return folder


@pytest.mark.parametrize(
    ("task", "side", "classes"), [("keypoints", 96, 15), ("expression", 48, 5), ("emotion_cnn", 48, 7)]
)
def test_the_file_says_what_torch_says(models, tmp_path, task, side, classes):
    export.export(task, tmp_path / "model.onnx", models)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    about = session.get_modelmeta().custom_metadata_map
    assert f"(N, 1, {side}, {side})" in about["input"]
    assert "0-1" in about["input"]
    assert len(json.loads(about["points" if task == "keypoints" else "classes"])) == classes
    model = import_module(f"faceloom.tasks.{task}.checkpoint").load(models / task)
    for count in (1, 7):  # any number of faces
        faces = np.random.default_rng(count).integers(0, 256, (count, side, side), dtype=np.uint8)
        (theirs,) = session.run(None, {"faces": faces[:, None].astype(np.float32) / 255})
        np.testing.assert_allclose(theirs, model.predict(faces, flip=False), atol=1e-4)


@pytest.mark.parametrize(
    ("task", "name", "message"),
    [("gesture", "a.onnx", "cannot be exported"), ("expression", "a.pt", "ends with .onnx")],
)
def test_what_cannot_be_exported(models, tmp_path, task, name, message):
    with pytest.raises(InputError, match=message):
        export.export(task, tmp_path / name, models)


def test_an_absent_model_or_package(models, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no trained model; fetch it with `dvc pull`"):
        export.export("expression", tmp_path / "a.onnx", tmp_path)
    monkeypatch.setattr(export, "NEEDED", ("onnx_of_another_name",))
    with pytest.raises(InputError, match=r"not installed; run `pip install 'faceloom\[export\]'`"):
        export.export("expression", tmp_path / "a.onnx", models)


def test_a_file_that_differs_is_not_written(models, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_write", lambda network, side, about, path: path.touch())
    monkeypatch.setattr(export, "difference", lambda *_: 0.1)
    with pytest.raises(InputError, match="differ by"):
        export.export("expression", tmp_path / "a.onnx", models)
    assert list(tmp_path.iterdir()) == []
