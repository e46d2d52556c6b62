import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file

from faceloom import params
from faceloom.errors import InputError
from faceloom.sequences.vocabulary import EOS, FIRST
from faceloom.tasks.gesture import checkpoint
from faceloom.tasks.gesture.data import read
from faceloom.tasks.gesture.evaluate import evaluate
from faceloom.tasks.gesture.module import Settings, masked_cross_entropy
from faceloom.tasks.gesture.train import WindowDataset, build, start_from_frequencies, train

PRESET = Path("params/paper/gesture.yaml")


def weights(folder):
    return load_file(folder / checkpoint.WEIGHTS)


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_masked_frames_do_not_touch_the_loss(packed):
    data = read(packed)
    module = build(data, Settings(hidden=8, embedding=8, context="state"))
    batch = WindowDataset(data.windows)[list(range(8))]
    assert not batch["mask"].all()
    hidden = {name: batch[name].clone() for name in batch}
    hidden["au"][~batch["mask"]] = 5
    hidden["intensity"][~batch["mask"]] = 5.0
    logits = torch.randn(*batch["au"].shape, len(data.au), requires_grad=True)
    loss = module._loss(logits, batch)
    assert torch.equal(loss, module._loss(logits, hidden))
    loss.backward()
    assert not logits.grad[~batch["mask"]].any()
    assert logits.grad[batch["mask"]].any()


def test_an_empty_mask_is_no_loss():
    logits = torch.randn(2, 3, 6, 7, requires_grad=True)
    loss = masked_cross_entropy(logits, torch.full((2, 3, 6), EOS), torch.zeros(2, 3, dtype=torch.bool))
    loss.backward()
    assert loss == 0
    assert not logits.grad.any()


@pytest.mark.parametrize(
    "kind", [{}, {"context": "state", "speech": "token", "autoregressive": True, "optimizer": "rmsprop"}]
)
def test_stop_and_resume_ends_with_the_same_weights(packed, small, tmp_path, killed, kind):
    section = small | {"dropout": 0.3} | kind
    whole = train(packed, section, tmp_path / "whole")
    with killed(6):
        train(packed, section, tmp_path / "resumed")
    assert not (tmp_path / "resumed").exists()
    assert len(list((tmp_path / "project/.faceloom/train").glob("gesture-*/last.ckpt"))) == 1
    resumed = train(packed, section, tmp_path / "resumed")
    assert resumed == whole
    assert len(whole) == 3
    for name in (checkpoint.WEIGHTS, checkpoint.CONFIG, checkpoint.HISTORY):
        assert (tmp_path / "resumed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert not list((tmp_path / "project/.faceloom/train").iterdir())


def test_an_untrained_network_knows_the_frequencies(packed):
    data = read(packed)
    training = data.windows.of("train")
    network = build(data, Settings(hidden=8, embedding=8)).network
    start_from_frequencies(network, training)
    p = network.heads.bias.detach().view(6, -1).softmax(dim=-1).numpy()
    mean = (p[0, FIRST:] * data.au.table[FIRST:]).sum() / p[0, FIRST:].sum()
    assert mean == pytest.approx(np.nanmean(training.intensity[..., 0]), abs=0.02)


def test_another_seed_gives_another_model(packed, small, tmp_path):
    train(packed, small | {"epochs": 1}, tmp_path / "a")
    train(packed, small | {"epochs": 1, "seed": 8}, tmp_path / "b")
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "b"))


def test_the_best_weights_are_kept_and_training_stops_early(packed, small, tmp_path):
    # a step this long makes the validation loss explode at once
    history = train(
        packed, small | {"learning_rate": 1.0, "epochs": 30, "patience": 2, "clip": None}, tmp_path / "model"
    )
    losses = [row["val_loss"] for row in history]
    best = int(np.argmin(losses))
    assert len(history) == min(30, best + 1 + 2) < 30
    data, model = read(packed), checkpoint.load(tmp_path / "model")
    module = build(data, Settings(**model.settings)).eval()
    module.network.load_state_dict(model.network.state_dict())
    batch = WindowDataset(data.windows.of("val"))[list(range(4))]
    with torch.no_grad():
        logits = module.network(batch["f0"], batch["au"])
    assert module._loss(logits, batch).item() == pytest.approx(losses[best], rel=1e-4)


def test_speech_that_moves_the_brows_is_learnt(packed, small, tmp_path):
    # two pitches and nothing else: a token each, and nothing to learn by heart
    section = small | {"epochs": 15, "patience": 15, "learning_rate": 0.02, "speech": "token", "dropout": 0.0}
    train(packed, section, tmp_path / "model")
    scores = evaluate(packed, tmp_path / "model", tmp_path / "gesture.json", tmp_path / "plots")
    assert scores["split"] == "test"
    assert scores["frames"] == 120  # 130, ten of them without a face, each once
    assert scores["beats_mean"]
    assert scores["free_running"]["ccc"] > 0.8
    assert scores["baselines"]["mean"]["ccc"] == pytest.approx(0, abs=1e-9)
    assert scores["ceiling"] is scores["against_truth"] is None
    saved = json.loads((tmp_path / "gesture.json").read_text())
    assert saved["baselines"]["mean"]["pcc"] is None  # a constant has no correlation
    assert saved["free_running"]["rmse"] == pytest.approx(scores["free_running"]["rmse"], rel=1e-4)
    plots = pd.read_parquet(tmp_path / "plots/predictions.parquet")
    assert set(plots["clip"]) == {"5.mp4"}
    assert not set(plots["frame"]) & set(range(20, 30))
    assert np.corrcoef(plots["AU01_true"], plots["AU01_predicted"])[0, 1] > 0.9
    assert pd.read_csv(tmp_path / "plots/training.csv")["epoch"].tolist() == list(range(15))
    assert set(pd.read_csv(tmp_path / "plots/scores.csv")["predictor"]) == {"model", "mean", "persistence"}


def test_the_published_preset_trains(packed, tmp_path):
    section = params.parse(yaml.safe_load(PRESET.read_text())).train.gesture.model_dump()
    train(packed, section | {"epochs": 1}, tmp_path / "model")
    network = checkpoint.load(tmp_path / "model").network
    assert network.encoder.hidden_size == network.decoder.hidden_size == 128
    assert network.au_embedding is not None
    scores = evaluate(packed, tmp_path / "model", tmp_path / "gesture.json", tmp_path / "plots")
    assert scores["decoding"] == "greedy"
    assert 0 <= scores["teacher_forced"]["accuracy"] <= 1


def test_settings_are_the_section_of_the_params():
    assert Settings(**params.TrainGesture().model_dump()) == Settings()


def test_bad_input_is_one_sentence(tmp_path, small, monkeypatch, packed):
    with pytest.raises(InputError, match="no such file"):
        train(tmp_path / "absent.h5", small, tmp_path / "model")
    with pytest.raises(InputError, match="no such file"):
        checkpoint.load(tmp_path / "absent")
    (tmp_path / checkpoint.CONFIG).write_text("{}")
    with pytest.raises(InputError, match="not a gesture model"):
        checkpoint.load(tmp_path)
    monkeypatch.setenv("FACELOOM_DEVICE", "tpu")
    with pytest.raises(InputError, match="`tpu` is not available"):
        train(packed, small, tmp_path / "model")


NEEDLESS = ("pydantic", "rich", "av", "dvclive", "dvc", "dlib", "opensmile", "librosa", "cv2", "yaml")

SCRIPT = """
from pathlib import Path
from faceloom.tasks.gesture.train import train
from faceloom.tasks.gesture.evaluate import evaluate
train(Path({packed!r}), {section}, Path("model"))
evaluate(Path({packed!r}), Path("model"), Path("gesture.json"), Path("plots"))
"""


def test_training_needs_none_of_the_media_packages(packed, small, tmp_path, run_without):
    script = SCRIPT.format(packed=str(packed), section=small | {"epochs": 1})
    output = run_without(NEEDLESS, script)
    assert (tmp_path / "gesture.json").is_file()
    assert "cpu (FACELOOM_DEVICE asks for it)" in output
