import numpy as np
import pandas as pd
import pytest
from fabricate import CLIPS, write_json

from faceloom.facs import REACT_ATTRIBUTES
from faceloom.params import Report
from faceloom.report import panels, reaction, training
from faceloom.report.project import Project

LENGTH = 20
RUN = dict.fromkeys(reaction.METRICS, 0.5)
ROWS = {
    "online": RUN | {"FRCorr": 1.5, "FRDist": 30.0},
    "offline": RUN | {"FRCorr": 1.5, "FRDist": 50.0},
    "online_no_speaker": RUN | {"FRCorr": 0.25, "FRDist": 45.0},
    "mean_frame": RUN | {"FRCorr": 0.0, "FRDist": 40.0, "FRSyn": None},
    "mime": RUN | {"FRCorr": 1.0, "FRDist": 43.0},
    "ground_truth": RUN | {"FRCorr": 5.0, "FRDist": 0.0},
}
BOOK = {"codes": 64, "real": 20, "online": 7, "offline": 9}
BOOK |= {"real_perplexity": 11.5, "online_perplexity": 3.25, "offline_perplexity": 4.0}


@pytest.fixture(scope="module")
def outs(project, tmp_path_factory):
    """The made-up project's films with three dyads that were evaluated: the last listener moves most, late."""
    root = tmp_path_factory.mktemp("reactions")
    (root / "data").symlink_to(project / "data")
    folder = root / reaction.FOLDER
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    real = np.zeros((3, 2 * LENGTH, 25), np.float32)
    real[1, 4:8, 3] = 1
    real[2, 26::2, 7] = 1
    np.save(folder / "real.npy", real)
    np.save(folder / "predictions_online.npy", rng.random((3, 10, 2 * LENGTH, 25), np.float32))
    np.save(folder / "usual.npy", np.full((1, 2 * LENGTH, 25), 0.25, np.float32))
    listeners = [CLIPS[2], CLIPS[2], "gone.mp4"]
    pd.DataFrame({"speaker": CLIPS, "listener": listeners}).to_csv(folder / "clips.csv", index=False)
    write_json(
        root / f"{reaction.FOLDER}.json",
        {
            "clips": 3, "split": "test", "frames": 40, "scores": ROWS, "matching": {"accuracy": 0.75},
            "codebooks": {"au": BOOK},
        },
    )  # fmt: skip
    return root


def test_the_liveliest_listeners_are_shown_where_they_move(outs):
    first, second = reaction.choose(Project(outs), Report(clips=2, seconds=LENGTH / 25))
    assert (first.speaker, first.listener) == (CLIPS[2], "gone.mp4")
    assert second.listener == CLIPS[2]
    assert first.start >= 26 - LENGTH / 2
    assert second.start <= 4
    assert (first.real.shape, first.generated.shape, first.mean.shape) == ((20, 25), (10, 20, 25), (20, 25))
    whole = np.load(outs / reaction.FOLDER / "real.npy")[2]
    np.testing.assert_array_equal(first.real, whole[first.start : first.stop])
    assert first.listener_film is None
    assert second.speaker_film.is_file()


def test_nothing_is_chosen_where_nothing_was_asked_or_evaluated(outs, project):
    assert reaction.choose(Project(outs), Report(clips=0)) == []
    assert reaction.choose(Project(project), Report(clips=2)) == []
    assert reaction.scores(Project(project)) is None


def test_a_dyad_is_shown_as_a_film_of_two_rows(outs):
    _, example = reaction.choose(Project(outs), Report(clips=2, seconds=4 / 25))
    found = reaction.view(example)
    assert (found.speaker, found.listener, found.start) == (CLIPS[1], CLIPS[2], example.start / 25)
    assert (found.film.width, found.film.height) == (3 * panels.SIZE, 2 * (panels.SIZE + panels.STRIP))
    assert found.film.seconds == pytest.approx(4 / 25)
    assert found.film.video.startswith("data:video/mp4;base64,")


def test_no_film_without_the_recording_or_the_head(outs, monkeypatch):
    first, second = reaction.choose(Project(outs), Report(clips=2, seconds=4 / 25))
    assert reaction.view(first).film is None

    def absent(_):
        raise reaction.InputError("the studio's data files are not installed")
        yield

    monkeypatch.setattr(panels, "head", absent)
    assert reaction.view(second).film is None


def test_curves_of_what_moves_most(outs):
    example, _ = reaction.choose(Project(outs), Report(clips=2, seconds=LENGTH / 25))
    strips = reaction.curves(example).rows
    assert len(strips) == reaction.CURVES
    strip = next(strip for strip in strips if strip.label == REACT_ATTRIBUTES[7])
    assert [series.label for series in strip.series][-2:] == ["mean of the training reactions", "real"]
    assert len(strip.series) == 12
    np.testing.assert_array_equal(strip.series[-1].y, example.real[:, 7])


def test_the_best_of_a_metric_is_marked_and_the_real_one_does_not_compete(outs):
    table = reaction.scores(Project(outs)).table
    styles = {name: [cell.style for cell in cells] for name, cells in table.rows}
    assert styles[reaction.ROWS["online"]][:2] == ["best", "best"]
    assert sum(style == "best" for row in styles.values() for style in row) == 2
    assert [name for name, _ in table.rows] == [name for key, name in reaction.ROWS.items() if key in ROWS]
    assert len(table.columns) == len(reaction.METRICS) == len(table.rows[0][1])


def test_sentences_say_what_is_beaten(outs):
    found = reaction.scores(Project(outs))
    said = {sentence: good for good, sentence in found.verdicts}
    assert said["The model, online FRDist 30.0, beats all naive rows."]
    assert not said["The model, offline FRDist 50.0, does not beat mean frame, mime."]
    assert any(good and "Seeing the speaker helps" in sentence for sentence, good in said.items())
    assert any(good and "75%" in sentence for sentence, good in said.items())
    assert (found.clips, found.split, found.frames, found.matching) == (3, "test", 40, 0.75)


def test_codebooks_are_counted(outs):
    (row,) = reaction.scores(Project(outs)).codes.rows
    assert row[0] == reaction.STREAMS["au"]
    assert [cell.text for cell in row[1]][:4] == ["64", "20", "7", "9"]


@pytest.mark.parametrize("task", ["reaction", "reaction_finetuned"])
def test_every_training_curve_has_a_unit(tmp_path, task):
    names = ("loss", "crm", "mrm", "slm", "matching")
    write_json(tmp_path / f"models/{task}/config.json", {"settings": {"value_loss": 3.0}})
    table = {"epoch": [0, 1]} | {f"{split}_{name}": [0.6, 0.5] for split in ("train", "val") for name in names}
    pd.DataFrame(table).to_csv(tmp_path / f"models/{task}/history.csv", index=False)
    (found,) = training.curves(Project(tmp_path))
    labels = {chart.title: chart.y_label for chart in found.charts}
    codes = "nats + 3 × squared deviations"
    assert labels == dict.fromkeys(("loss", "crm", "mrm"), codes) | {
        "slm": "cross-entropy, nats",
        "matching": "share of right answers, 0–1",
    }
