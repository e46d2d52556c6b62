import sys
from dataclasses import fields

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file

from faceloom import params
from faceloom.errors import InputError
from faceloom.stills.augment import Augmentation
from faceloom.tasks.emotion_cnn import checkpoint as emotion_checkpoint
from faceloom.tasks.emotion_cnn.train import build, train
from faceloom.tasks.keypoints import checkpoint as point_checkpoint
from faceloom.tasks.keypoints.module import masked_squared_error
from faceloom.tasks.keypoints.train import train as train_points
from faceloom.tasks.pictures import folder
from faceloom.tasks.pictures.classifier import ClassifierModule, class_weights, mixed
from faceloom.tasks.pictures.recipe import ClassRecipe, EmotionRecipe, Recipe

FILES = (folder.WEIGHTS, folder.CONFIG, folder.HISTORY)


KINDS = [
    {"ema": 0.9, "mixup": 0.2, "balance": 1.0, "label_smoothing": 0.1, "small": 0.5},
    {"schedule": "plateau", "validate_every": 4, "penalty": 0.01, "balance": 1.0, "balance_by": "loss"},
]


@pytest.mark.parametrize("kind", KINDS, ids=["average", "iterations"])
def test_stop_and_resume_ends_with_the_same_weights(classes_file, class_section, tmp_path, killed, kind):
    section = class_section | kind | {"small": 0.0}
    whole = train(classes_file, section, tmp_path / "whole")
    with killed(6):
        train(classes_file, section, tmp_path / "resumed")
    assert not (tmp_path / "resumed").exists()
    assert train(classes_file, section, tmp_path / "resumed") == whole
    for name in FILES:
        assert (tmp_path / "resumed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not list((tmp_path / "project/.faceloom/train").iterdir())


def test_keypoints_stop_and_resume(points_file, point_section, tmp_path, killed):
    section = point_section | {"schedule": "cosine", "batch_size": 6}
    whole = train_points(points_file, section, tmp_path / "whole")
    with killed(6):
        train_points(points_file, section, tmp_path / "resumed")
    assert train_points(points_file, section, tmp_path / "resumed") == whole
    assert (tmp_path / "resumed" / folder.WEIGHTS).read_bytes() == (tmp_path / "whole" / folder.WEIGHTS).read_bytes()


def test_classes_are_learnt_and_the_folder_predicts(classes_file, class_section, tmp_path):
    section = class_section | {"epochs": 12, "width": 4, "augment": {"horizontal_flip": False, "shift": 0.02}}
    section["augment"] = params.Augment(**section["augment"]).model_dump()
    history = train(classes_file, section | {"flip_average": False}, tmp_path / "model")
    assert history[-1]["val_error"] < 0.2
    assert [row["iteration"] for row in history[:2]] == [5, 10]  # 36 faces, batches of 8
    model = emotion_checkpoint.load(tmp_path / "model")
    assert model.classes == ("anger", "happy", "sad")
    from faceloom.stills.packed import load

    test = load(classes_file).of("test")
    p = model.predict(test.images)
    assert p.shape == (12, 3)
    assert p.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (p.argmax(axis=1) == test.labels).mean() > 0.8
    assert np.array_equal(p, model.predict(test.images[:, None]))  # with a channel
    larger = test.images.repeat(2, axis=1).repeat(2, axis=2)
    assert np.abs(model.predict(larger) - p).max() < 0.1  # of another size
    mean = (p + model.predict(test.images[..., ::-1].copy())) / 2
    assert model.predict(test.images, flip=True) == pytest.approx(mean, abs=1e-6)
    assert model.predict(test.images[:0]).shape == (0, 3)


def test_points_are_learnt(points_file, point_section, tmp_path):
    flat = params.Augment(rotation=0, shear=0, zoom=0, shift=0.05, horizontal_flip=False).model_dump()
    section = point_section | {"epochs": 25, "width": 4, "learning_rate": 3e-3, "augment": flat}
    history = train_points(points_file, section, tmp_path / "model")
    assert history[-1]["val_loss"] < history[0]["val_loss"] / 3
    model = point_checkpoint.load(tmp_path / "model")
    assert len(model.classes) == 15


def test_mirrored_points_are_those_of_the_picture():
    points = torch.zeros(1, 15, 2)
    points[0, 0] = torch.tensor([60.0, 30.0])  # the subject's left eye lies right in the picture
    seen = point_checkpoint.mirrored(points)
    assert seen[0, 1].tolist() == [35.0, 30.0]
    assert torch.equal(point_checkpoint.mirrored(seen), points)


def test_missing_points_do_not_touch_the_loss():
    predicted = torch.full((2, 15, 2), 50.0, requires_grad=True)
    points = torch.full((2, 15, 2), 47.0)
    points[0, 3:] = torch.nan
    loss = masked_squared_error(predicted, points)
    loss.backward()
    assert loss.item() == pytest.approx(9)
    assert not predicted.grad[0, 3:].any()
    assert masked_squared_error(predicted, torch.full_like(points, torch.nan)).item() == 0


def test_mixup_mixes_pictures_and_targets_alike():
    torch.manual_seed(1)
    target = torch.eye(6)
    x = target.view(6, 1, 1, 6).clone()
    mixed_x, mixed_target = mixed(x, target, 0.5)
    assert torch.allclose(mixed_x.view(6, 6), mixed_target)
    assert mixed_target.sum(dim=1) == pytest.approx(torch.ones(6))
    assert ((mixed_target > 0) & (mixed_target < 1)).any()


def test_rare_classes_weigh_more():
    weights = class_weights(torch.tensor([80, 20, 0]), 1.0)
    assert weights.tolist() == pytest.approx([0.625, 2.5, 0])
    assert (weights * torch.tensor([80, 20, 0])).sum() == pytest.approx(100)
    assert class_weights(torch.tensor([80, 20]), 0.0).tolist() == [1, 1]


def test_the_average_follows_the_weights(class_section):
    recipe = EmotionRecipe(**class_section | {"ema": 0.9})
    module = ClassifierModule(build(recipe, 3), recipe, torch.ones(3))
    before = module.kept.head.dense2.bias.clone()
    for _ in range(200):
        module.network.head.dense2.bias.data += 0.01
        module.on_train_batch_end()
    lag = module.network.head.dense2.bias - module.kept.head.dense2.bias
    assert lag.mean().item() == pytest.approx(0.01 * 0.9 / 0.1, rel=0.02)  # decay / (1 - decay) steps behind
    assert not torch.equal(before, module.kept.head.dense2.bias)
    assert module.finished() is not module.kept


def test_summaries_without_tensorboard_are_one_sentence(classes_file, class_section, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    train(classes_file, class_section | {"epochs": 1, "summaries": 2}, tmp_path / "model")
    assert "TensorBoard is not installed" in capsys.readouterr().out


def test_settings_are_the_sections_of_the_params():
    known = params.Train()
    assert {field.name for field in fields(Recipe)} == set(type(known.keypoints).model_fields)
    assert {field.name for field in fields(ClassRecipe)} == set(type(known.expression).model_fields)
    assert {field.name for field in fields(EmotionRecipe)} == set(type(known.emotion_cnn).model_fields)
    assert vars(Augmentation()) == params.Augment().model_dump()


@pytest.mark.parametrize("task", ["keypoints", "expression", "emotion_cnn"])
def test_presets_name_every_setting(task):
    from pathlib import Path

    written = yaml.safe_load(Path(f"params/paper/{task}.yaml").read_text())["train"][task]
    assert set(written) == set(getattr(params.Train(), task).model_dump())


def test_bad_input_is_one_sentence(tmp_path, classes_file, class_section):
    with pytest.raises(InputError, match="no such file"):
        train(tmp_path / "absent.h5", class_section, tmp_path / "model")
    with pytest.raises(InputError, match="no such file; run `dvc repro train@absent`"):
        emotion_checkpoint.load(tmp_path / "absent")
    (tmp_path / folder.CONFIG).write_text("{}")
    with pytest.raises(InputError, match="train it again"):
        point_checkpoint.load(tmp_path)


NEEDLESS = ("pydantic", "rich", "av", "dvclive", "dvc", "dlib", "opensmile", "librosa", "yaml", "pyarrow")

SCRIPT = """
from importlib import import_module
from pathlib import Path
for task, packed, section in {runs}:
    import_module("faceloom.tasks." + task + ".train").train(Path(packed), section, Path(task))
    import_module("faceloom.tasks." + task + ".evaluate").evaluate(
        Path(packed), Path(task), Path(task + ".json"), Path("tables") / task
    )
"""


def test_training_needs_none_of_the_media_packages(
    classes_file, points_file, class_section, point_section, tmp_path, run_without
):
    expression_section = {key: value for key, value in class_section.items() if key != "standardise"}
    runs = [
        ("keypoints", str(points_file), point_section | {"epochs": 1}),
        ("emotion_cnn", str(classes_file), class_section | {"epochs": 1}),
        ("expression", str(classes_file), expression_section | {"epochs": 1}),
    ]
    run_without(NEEDLESS, SCRIPT.format(runs=runs))
    assert (tmp_path / "tables/expression/worst.png").is_file()


def test_weights_are_plain_float32(classes_file, class_section, tmp_path):
    train(classes_file, class_section | {"epochs": 1, "ema": 0.5}, tmp_path / "model")
    weights = load_file(tmp_path / "model" / folder.WEIGHTS)
    assert set(weights) == set(build(EmotionRecipe(**class_section), 3).state_dict())
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
