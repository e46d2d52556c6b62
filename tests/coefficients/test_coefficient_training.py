"""Training, the model's folder and the command, on clips whose coefficients are a linear map of the attributes."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_coefficients import clip, write

from faceloom.cli import app
from faceloom.coefficients import score
from faceloom.coefficients.checkpoint import load
from faceloom.coefficients.data import GROUPS, Pair
from faceloom.coefficients.train import Sequences, train
from faceloom.errors import InputError

SCORED = (score.MEAN, score.LINEAR, score.NETWORK)


def test_it_learns_what_the_mean_does_not_know(trained):
    scores = trained[0].scores
    for group, error in scores[score.NETWORK].items():
        assert error < 0.7 * scores[score.MEAN][group], scores


def test_added_to_a_linear_map_it_is_no_worse_than_that(toy_folder, small, tmp_path):
    scores = train(toy_folder, replace(small, residual=True, learning_rate=1e-4, epochs=1), tmp_path / "out")[0].scores
    for group, unit in zip(GROUPS, (0.1, 1, 50), strict=True):
        assert scores[score.LINEAR][group] < 1e-4 * unit
        assert scores[score.NETWORK][group] < 0.02 * unit


def test_a_saved_model_is_the_model(trained):
    model, _, out = trained
    loaded = load(out)
    assert sorted(path.name for path in out.iterdir()) == ["config.json", "history.csv", "model.safetensors"]
    x = np.stack([clip(50)[0], clip(51)[0]])
    predicted = loaded.predict(x)
    assert predicted.shape == (2, 40, 58)
    assert predicted.dtype == np.float32
    np.testing.assert_array_equal(predicted, model.predict(x))
    np.testing.assert_array_equal(predicted[1], loaded.predict(x[1]))
    assert loaded.scores == model.scores
    assert loaded.settings == model.settings


def test_one_seed_is_one_model(toy_folder, small, tmp_path):
    short = replace(small, epochs=1)
    for name, settings in (("a", short), ("b", short), ("c", replace(short, seed=8))):
        train(toy_folder, settings, tmp_path / name)
    contents = {name: (tmp_path / name / "model.safetensors").read_bytes() for name in "abc"}
    assert contents["a"] == contents["b"] != contents["c"]


def test_two_clips_are_enough(small, tmp_path):
    for name in ("a", "b"):
        write(tmp_path / "data", name, *clip(ord(name)))
    model, found = train(tmp_path / "data", replace(small, epochs=1), tmp_path / "out")
    assert len(found.pairs) == 2
    assert all(np.isfinite(value) for row in model.scores.values() for value in row.values())


def test_long_clips_are_cut_and_short_ones_padded():
    pairs = [Pair("a", *clip(1, frames), np.ones(frames, bool)) for frames in (25, 8)]
    pieces = Sequences(pairs, frames=10)
    assert [len(piece["known"]) for piece in pieces.pieces] == [10, 10, 5, 8]
    batch = pieces[[2, 3]]
    assert batch["lengths"].tolist() == [5, 8]
    assert batch["attributes"].shape == (2, 8, 25)
    assert batch["known"].tolist() == [[True] * 5 + [False] * 3, [True] * 8]
    torch.testing.assert_close(batch["coefficients"][0, :5], torch.from_numpy(pairs[0].coefficients[20:]))


def test_folders_that_are_no_models_are_refused(trained, small, toy_folder, tmp_path):
    with pytest.raises(InputError, match=r"no such file; run `faceloom coefficients train DATA --out .*/none`"):
        load(tmp_path / "none")
    (tmp_path / "config.json").write_text(json.dumps({"network": {"hidden": 4, "layers": 1}}))
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes((trained[2] / "model.safetensors").read_bytes())
    with pytest.raises(InputError, match="not a model of coefficients"):
        load(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: is a file; give a folder"):
        train(toy_folder, small, tmp_path / "file")


@pytest.fixture
def faceloom(monkeypatch, tmp_path, capsys):
    """Run the command in this process, in `tmp_path`: another one would import torch again."""
    monkeypatch.chdir(tmp_path)

    def faceloom(*arguments):
        monkeypatch.setattr(sys, "argv", ["faceloom", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            app()
        return ended.value.code, capsys.readouterr().out

    return faceloom


def test_the_command_prints_errors_beside_baselines(faceloom, toy_folder, tmp_path):
    code, printed = faceloom("coefficients", "train", toy_folder, "--out", "model", "--epochs", 1, "--no-residual")
    assert code == 0
    for text in ("10 clips, 400 frames", "expression", "rotation", "translation", "wrote model", *SCORED):
        assert text in printed
    settings = load(tmp_path / "model").settings
    assert (settings["hidden"], settings["learning_rate"], settings["residual"]) == (128, 1e-4, False)


def test_a_mistake_is_one_line(faceloom):
    assert faceloom("coefficients", "train", "none") == (
        "error: none: no such folder; give the one with Emotion and 3D_FV_files, or with train and val.",
        "",
    )
