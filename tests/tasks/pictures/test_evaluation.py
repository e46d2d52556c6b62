import json

import numpy as np
import pandas as pd
import pytest
import torch

from faceloom import params
from faceloom.stills.packed import load
from faceloom.tasks.emotion_cnn import evaluate as emotion
from faceloom.tasks.emotion_cnn.network import EmotionNetwork
from faceloom.tasks.emotion_cnn.network import NetworkConfig as EmotionConfig
from faceloom.tasks.keypoints import evaluate as keypoints
from faceloom.tasks.keypoints.network import KeypointNetwork, NetworkConfig
from faceloom.tasks.pictures import folder

HISTORY = [{"iteration": 5, "epoch": 0, "train_loss": 2.0, "val_loss": 1.0}]


@pytest.fixture
def classifier(tmp_path):
    torch.manual_seed(0)
    settings = params.Train().emotion_cnn.model_dump()
    about = folder.About(("anger", "happy", "sad"), settings, "")
    folder.save(tmp_path / "model", EmotionNetwork(EmotionConfig(2, 3)), about, HISTORY)
    return tmp_path / "model"


def test_class_scores_tables_and_sheets(classes_file, classifier, tmp_path):
    scores = emotion.evaluate(classes_file, classifier, tmp_path / "emotion_cnn.json", tmp_path / "tables")
    saved = json.loads((tmp_path / "emotion_cnn.json").read_text())
    assert saved == {k: pytest.approx(v, rel=1e-5) if isinstance(v, float) else v for k, v in scores.items()}
    assert all(not isinstance(value, dict | list) for value in saved.values())  # flat
    assert saved["split"] == "test"
    assert saved["faces"] == 12
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "loss", "ece"):
        assert f"baseline_{name}" in saved
    assert saved["baseline_balanced_accuracy"] == pytest.approx(1 / 3)
    test = load(classes_file).of("test")
    commonest = np.bincount(load(classes_file).of("train").labels).argmax()
    assert saved["baseline_accuracy"] == pytest.approx((test.labels == commonest).mean(), rel=1e-5)
    confusion = pd.read_csv(tmp_path / "tables/confusion.csv")
    assert list(confusion.columns) == ["actual", "predicted"]
    assert saved["accuracy"] == pytest.approx((confusion["actual"] == confusion["predicted"]).mean(), rel=1e-5)
    best, worst = (pd.read_csv(tmp_path / f"tables/{name}.csv") for name in ("best", "worst"))
    assert best["probability"].is_monotonic_decreasing
    assert worst["probability"].is_monotonic_increasing
    assert best["probability"].max() >= worst["probability"].max()
    images = load(classes_file)
    assert (images.split[best["row"]] == 2).all()
    assert (tmp_path / "tables/best.png").read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(tmp_path / "tables/training.csv")["iteration"].tolist() == [5]


def test_evaluation_repeats_to_the_byte(classes_file, classifier, tmp_path):
    for name in "ab":
        emotion.evaluate(classes_file, classifier, tmp_path / f"{name}.json", tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_keypoint_scores_of_the_mean_shape_are_its_baseline(points_file, tmp_path):
    network = KeypointNetwork(NetworkConfig(width=2)).eval()
    data = load(points_file)
    with torch.no_grad():
        network.head.get_parameter("dense3.weight").zero_()
    from faceloom.metrics.keypoints import mean_shape

    network.start_from(torch.from_numpy(mean_shape(data.of("train").points)))
    settings = params.Train().keypoints.model_dump() | {"flip_average": False}
    folder.save(tmp_path / "model", network, folder.About(("point",) * 15, settings, ""), HISTORY)
    scores = keypoints.evaluate(points_file, tmp_path / "model", tmp_path / "keypoints.json", tmp_path / "tables")
    for name in ("rmse", "nme", "argmax_agreement"):
        assert scores[name] == pytest.approx(scores[f"baseline_{name}"], rel=1e-4)
    points = pd.read_csv(tmp_path / "tables/points.csv")
    assert points["point"].tolist()[0] == "left_eye_center"
    assert points["pixels"].to_numpy() == pytest.approx(points["baseline_pixels"].to_numpy(), rel=1e-4)
    known = np.isfinite(data.of("test").points).all(axis=2).sum(axis=0)
    assert points["faces"].tolist() == known.tolist()
    errors = pd.read_csv(tmp_path / "tables/errors.csv")
    assert set(errors["predictor"]) == {"model", "mean shape"}
    worst = pd.read_csv(tmp_path / "tables/worst.csv")
    assert worst["nme"].is_monotonic_decreasing
    assert (tmp_path / "tables/worst.png").is_file()
