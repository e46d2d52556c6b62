"""`faceloom score` on files."""

import csv
import json

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from faceloom import score as scoring
from faceloom.cli import cli
from faceloom.errors import InputError

CLIPS, SAMPLES, FRAMES = 3, 2, 70


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    real, speaker, train = rng.random((3, CLIPS, FRAMES, 25), np.float32)
    arrays = {
        "generated": rng.random((CLIPS, SAMPLES, FRAMES, 25)).astype(np.float16),
        "real": real,
        "speaker": speaker,
        "train": train,
        "appropriate": np.eye(CLIPS, dtype=np.uint8),
        "features": rng.normal(size=(9, 4)),
    }
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    return tmp_path


def run(folder, *more, predictions="generated.npy"):
    """The command's result; InputErrors come out as exceptions, which `app` prints as one line."""
    known = [(f"--{name}", str(folder / f"{name}.npy")) for name in ("real", "speaker", "appropriate")]
    arguments = ["score", str(folder / predictions), *sum(known, ()), *map(str, more)]
    return CliRunner().invoke(cli, arguments)


def refusal(folder, *more, predictions="generated.npy"):
    error = run(folder, *more, predictions=predictions).exception
    assert isinstance(error, InputError), error
    assert "\n" not in str(error)
    return str(error)


def test_table_of_predictions_and_baselines(files):
    done = run(files, "--train-real", files / "train.npy", "--out", files / "table.json")
    assert done.exit_code == 0, done.output
    table = json.loads((files / "table.json").read_text())
    assert list(table) == ["generated", "ground truth", "random", "mime", "mean sequence", "mean frame"]
    assert table["ground truth"]["FRDist"] == 0
    assert table["mime"]["FRSyn"] == 0
    assert table["mean frame"]["FRSyn"] is None
    assert table["mean frame"]["FRSyn_published"] == 49
    assert f"{table['generated']['FRDist']:.4f}" in done.output
    assert "FRRea is left out" in " ".join(done.output.split())


def test_means_of_the_scored_reactions_are_marked(files):
    done = run(files, "--out", files / "table.csv")
    rows = list(csv.DictReader((files / "table.csv").open()))
    assert [row["predictions"] for row in rows][4:] == ["mean sequence*", "mean frame*"]
    assert rows[5]["FRSyn"] == ""
    assert "--train-real names others" in " ".join(done.output.split())


def test_realism_from_features(files):
    same = ("--features", files / "features.npy", "--real-features", files / "features.npy")
    done = run(files, "--no-baselines", *same, "--out", files / "table.json")
    (row,) = json.loads((files / "table.json").read_text()).values()
    assert row["FRRea"] == pytest.approx(0, abs=1e-9)
    assert "left out" not in done.output


@pytest.fixture
def inception(files, monkeypatch):
    """Stands for a file of weights: the network behind it sees the colours of a picture's quarters."""

    class Colours(torch.nn.Module):
        def forward(self, pictures):
            return 100 * torch.nn.functional.adaptive_avg_pool2d(pictures, 2).flatten(1)

    path = files / "inception.safetensors"
    path.write_bytes(b"weights")
    monkeypatch.setattr("faceloom.realism.rendered.load", lambda file: Colours())
    return path


def test_realism_of_rendered_frames(files, inception):
    done = run(files, "--inception", inception, "--frame-stride", 35, "--out", files / "table.json")
    assert done.exit_code == 0, done.exception
    table = json.loads((files / "table.json").read_text())
    assert table["ground truth"]["FRRea"] == pytest.approx(0, abs=1e-9)
    assert all(row["FRRea"] > 1e-3 for name, row in table.items() if name != "ground truth")
    assert "left out" not in done.output
    assert f"{table['mime']['FRRea']:.4f}" in done.output


def test_weights_may_be_named_by_the_environment(files, inception, monkeypatch):
    def weights(option=None, features=None):
        return scoring.inception_weights(option, features, features)

    assert weights() is None
    monkeypatch.setenv("FACELOOM_INCEPTION", str(inception))
    assert weights() == str(inception)
    assert weights("other.pth") == "other.pth"
    assert weights(features=files / "features.npy") is None  # features that were brought need no rendering


def test_wrong_weights_are_one_sentence(files):
    (files / "weights.pth").write_text("text")
    assert "there is no such file; --inception takes" in refusal(files, "--inception", files / "lost.pth")
    assert "neither safetensors nor" in refusal(files, "--inception", files / "weights.pth")
    both = ("--features", files / "features.npy", "--real-features", files / "features.npy")
    assert "not both" in refusal(files, "--inception", files / "weights.pth", *both)


def test_the_matrix_may_be_zipped(files):
    np.savez(files / "appropriate.npz", matrix=np.eye(CLIPS, dtype=np.uint8))
    found = scoring.array(files / "appropriate.npz")
    assert (found == np.eye(CLIPS)).all()


def test_faults_are_one_sentence(files):
    real = np.load(files / "real.npy")
    np.save(files / "longer.npy", np.concatenate([real, real[:, :1]], axis=1))
    np.save(files / "objects.npy", np.array([{}], object), allow_pickle=True)
    np.save(files / "nan.npy", np.full((CLIPS, SAMPLES, FRAMES, 25), np.nan))
    (files / "text.npy").write_text("no array")
    assert "71 frames a clip where real has 70" in refusal(files, "--speaker", files / "longer.npy")
    assert "there is no such file" in refusal(files, predictions="lost.npy")
    assert "not one plain array" in refusal(files, predictions="objects.npy")
    assert "not one plain array" in refusal(files, predictions="text.npy")
    assert "row 0 holds NaN" in refusal(files, predictions="nan.npy")
    assert "train-real: shape (3, 71, 25)" in refusal(files, "--train-real", files / "longer.npy")
    assert "is no known format" in refusal(files, "--out", files / "table.xlsx")
    assert "no such folder" in refusal(files, "--out", files / "lost" / "table.csv")
    assert "needs both" in refusal(files, "--features", files / "features.npy")
    assert "two vectors or more" in refusal(
        files, "--features", files / "features.npy", "--real-features", files / "real.npy"
    )
