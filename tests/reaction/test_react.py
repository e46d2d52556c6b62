"""`faceloom react` on a film: predictions, table and film, and what is wrong with other inputs."""

import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile
from toy_listener import write_listener

from faceloom.coefficients.checkpoint import load as load_coefficients
from faceloom.errors import InputError
from faceloom.media.read import AUDIO_RATE
from faceloom.media.write import MediaWriter
from faceloom.params import Params
from faceloom.reaction.react import COLUMNS, Request, react
from faceloom.report import panels

FACELOOM = Path(sys.executable).with_name("faceloom")
SAMPLES, FRAMES = 2, 30


def faceloom(*arguments, folder):
    environment = os.environ | {"FACELOOM_EXECUTOR": "serial", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [FACELOOM, "react", *map(str, arguments)], cwd=folder, env=environment, capture_output=True, text=True
    )


@pytest.fixture(autouse=True)
def _serial(monkeypatch):
    monkeypatch.setenv("FACELOOM_EXECUTOR", "serial")  # a process would cost more than this short film


@pytest.fixture
def headless(monkeypatch):
    """As where the studio's head is not installed."""

    def absent(_):
        raise InputError("the studio's data files are not installed")
        yield

    monkeypatch.setattr(panels, "head", absent)


@pytest.fixture(scope="module")
def said(film, models, tmp_path_factory):
    """The folder of one run of the command, and what it printed."""
    folder = tmp_path_factory.mktemp("run")
    options = ("--samples", SAMPLES, "--seed", 3, "--models", models, "--coefficients", models / "coefficients")
    done = faceloom(film, *options, folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "reactions", done.stdout


def test_the_command_says_what_it_made(said):
    out, printed = said
    assert f"{SAMPLES} online reactions to 1.2 s of my speaker.mp4" in printed
    names = ["coefficients.npy", "predictions.npy", "reactions.mp4", "reactions.parquet"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert all(f"wrote reactions/{path.name}" in printed for path in out.iterdir())


def test_predictions_are_reactions_of_25_attributes(said):
    predictions = np.load(said[0] / "predictions.npy")
    assert predictions.shape == (1, SAMPLES, FRAMES, 25)
    assert predictions.dtype == np.float32
    assert set(np.unique(predictions[..., :15])) <= {0, 1}
    assert np.abs(predictions[..., 15:17]).max() <= 1
    np.testing.assert_allclose(predictions[..., 17:].sum(axis=-1), 1, atol=1e-5)
    assert (predictions[0, 0] != predictions[0, 1]).any()


def test_coefficients_are_of_whole_reactions(said, models):
    coefficients, predictions = (np.load(said[0] / f"{name}.npy") for name in ("coefficients", "predictions"))
    assert coefficients.shape == (SAMPLES, FRAMES, 58)
    assert coefficients.dtype == np.float32
    expected = load_coefficients(models / "coefficients").predict(predictions[0])
    np.testing.assert_allclose(coefficients, expected, rtol=1e-5, atol=1e-6)


def test_the_table_holds_the_same_numbers_under_their_units(said):
    table = pd.read_parquet(said[0] / "reactions.parquet")
    assert list(table.columns) == ["reaction", "frame", "time [s]", *COLUMNS]
    predictions = np.load(said[0] / "predictions.npy")[0]
    np.testing.assert_array_equal(table[list(COLUMNS)].to_numpy().reshape(predictions.shape), predictions)
    assert list(table["reaction"]) == [0] * FRAMES + [1] * FRAMES
    np.testing.assert_allclose(table["time [s]"], table["frame"] / 25)


def test_the_film_shows_speaker_and_heads_with_the_sound(said):
    with av.open(str(said[0] / "reactions.mp4")) as container:
        (sound,) = container.streams.audio
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert sound.rate == AUDIO_RATE
    assert len(pictures) == FRAMES
    assert pictures[0].shape == (panels.SIZE + panels.STRIP, (1 + SAMPLES) * panels.SIZE, 3)
    assert np.abs(pictures[0].astype(int) - pictures[-1])[:, : panels.SIZE].max() > 50  # the speaker moves


def test_one_seed_is_one_result_in_any_process(said, film, models, tmp_path, headless):
    made = react(Request(film, "online", SAMPLES, tmp_path / "same", models, seed=3), Params())
    assert (made.frames, made.film, made.coefficients) == (FRAMES, None, None)
    for path in (made.predictions, made.table):
        assert path.read_bytes() == (said[0] / path.name).read_bytes()
    assert not (tmp_path / "same" / "reactions.mp4").exists()
    other = react(Request(film, "online", SAMPLES, tmp_path / "other", models, seed=4), Params())
    assert other.predictions.read_bytes() != made.predictions.read_bytes()


def test_offline_hears_the_whole_film(film, models, tmp_path, headless):
    made = react(Request(film, "offline", 1, tmp_path, models), Params())
    assert np.load(made.predictions).shape == (1, 1, FRAMES, 25)


def test_a_mistake_is_one_line(models, tmp_path):
    done = faceloom("absent.mp4", "--models", models, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: absent.mp4: no such file; give the path of a recording of the speaker.\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "sideways"}, "--task: `sideways` is unknown; use online or offline."),
        ({"samples": 0}, "--samples: 0 is no number of reactions; give at least 1."),
        ({"models": Path("none")}, "none/reaction/config.json: no such file"),
        ({"coefficients": Path("none")}, "none/config.json: no such file; run `faceloom coefficients train DATA"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(film, models, tmp_path, changes, message):
    wishes = {"task": "online", "samples": 1, "models": models} | changes
    with pytest.raises(InputError, match=message):
        react(Request(film, out=tmp_path / "out", **wishes), Params())
    assert not (tmp_path / "out").exists()


def test_a_film_without_a_face_is_refused(models, tmp_path):
    with MediaWriter(tmp_path / "wall.mp4", (160, 120), AUDIO_RATE) as writer:
        for _ in range(5):
            writer.write_rgb(np.full((120, 160, 3), 90, np.uint8))
            writer.write_audio(np.zeros(AUDIO_RATE // 25, np.float32))
    with pytest.raises(InputError, match=r"wall\.mp4: no frame shows a face"):
        react(Request(tmp_path / "wall.mp4", "online", 1, tmp_path / "out", models), Params())
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("picture.png", b"", "picture.png: no recording by its name; give a film"),
        ("text.mp4", b"no film", "text.mp4: not a recording"),
        ("empty.mkv", b"", "empty.mkv: the file is empty"),
    ],
)
def test_what_is_no_film_is_refused(models, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"^{message}"):
        react(Request(tmp_path / name, "online", 1, tmp_path / "out", models), Params())


def test_sound_alone_is_refused(models, tmp_path):
    sine = (9000 * np.sin(np.arange(4000) / 9)).astype(np.int16)
    wavfile.write(tmp_path / "voice.wav", 16000, sine)
    with pytest.raises(InputError, match=r"voice\.wav: holds no video; a listener reacts to a face"):
        react(Request(tmp_path / "voice.wav", "online", 1, tmp_path / "out", models), Params())


def test_a_file_is_no_folder_for_reactions(film, models, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: is a file; give a folder"):
        react(Request(film, "online", 1, tmp_path / "file", models), Params())


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        ({"face": (("facial", 25), ("resmasknet", 512))}, "trained on data/facial/resmasknet, which params.yaml"),
        ({"audio": (("mfcc", 40),)}, "trained on `mfcc` of 40 values a frame, but params.yaml now gives 26"),
    ],
)
def test_a_model_of_other_params_is_refused(film, models, tmp_path, streams, message):
    (tmp_path / "action_units").symlink_to(models / "action_units")
    write_listener(tmp_path, **streams)
    with pytest.raises(InputError, match=message):
        react(Request(film, "online", 1, tmp_path / "out", tmp_path), Params())
