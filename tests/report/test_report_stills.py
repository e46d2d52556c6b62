"""The section on faces in stills, from made-up evaluations."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from fabricate import write_catalog, write_json

from faceloom.errors import InputError
from faceloom.params import Params
from faceloom.report import build, stills
from faceloom.report.project import Project

NONE = Params.model_validate({"report": {"clips": 0}})
CLASSES = ["anger", "happy", "sad"]


def write_sheet(folder: Path, name: str, size: int = 24) -> None:
    """Twelve flat faces in rows of eight, each of its own grey."""
    tile, rows = 2 * size + stills.GAP, 2
    sheet = np.zeros((rows * tile, stills.COLUMNS * tile), np.uint8)
    for k in range(stills.SHOWN):
        y, x = divmod(k, stills.COLUMNS)
        sheet[y * tile : y * tile + 2 * size, x * tile : x * tile + 2 * size] = 20 * k
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / f"{name}.png"), sheet)


def write_classes(root: Path, task: str, *, wins: bool = True) -> None:
    folder = root / "metrics" / task
    for name in ("best", "worst"):
        write_sheet(folder, name)
        table = pd.DataFrame({"actual": "sad", "predicted": ["sad", "happy"] * 6, "probability": 0.25})
        table.to_csv(folder / f"{name}.csv", index=False)
    pairs = [("anger", "anger")] * 3 + [("anger", "happy")] + [("happy", "happy")] * 2
    pd.DataFrame(pairs, columns=["actual", "predicted"]).to_csv(folder / "confusion.csv", index=False)
    per_class = {"class": CLASSES, "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": [4, 2, 0]}
    pd.DataFrame(per_class).to_csv(folder / "classes.csv", index=False)
    (folder / "training.csv").write_text("iteration,epoch,train_loss,val_error,val_loss\n9,0,2,.5,2\n18,1,1,.4,1\n")
    scores = {"split": "test", "faces": 6, "leaks": True, "beats_baseline": wins}
    for name, value in {"accuracy": 0.8, "balanced_accuracy": 0.6, "ece": 0.1, "loss": None}.items():
        scores |= {name: value, f"baseline_{name}": 0.33}
    write_json(root / f"metrics/{task}.json", scores)


def write_points(root: Path) -> None:
    folder = root / "metrics/keypoints"
    write_sheet(folder, "augmented")
    points = {"point": ["nose_tip", "left_eye_center"], "pixels": [1.5, np.nan], "baseline_pixels": [4.0, np.nan]}
    pd.DataFrame(points).to_csv(folder / "points.csv", index=False)
    curve = {"nme": [0, 0.1, 0, 0.1], "share": [0, 1, 0, 0.5], "predictor": ["model", "model", *["mean shape"] * 2]}
    pd.DataFrame(curve).to_csv(folder / "errors.csv", index=False)
    (folder / "training.csv").write_text("iteration,epoch,train_loss,val_error,val_loss\n9,0,9,3,9\n18,1,4,2,4\n")
    scores = {"split": "val", "faces": 1200, "leaks": False, "beats_baseline": True}
    for name, value in {"rmse": 1.9, "nme": 0.05, "argmax_agreement": 0.7}.items():
        scores |= {name: value, f"baseline_{name}": 3 * value}
    write_json(root / "metrics/keypoints.json", scores)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_catalog(tmp_path)
    write_points(tmp_path)
    write_classes(tmp_path, "expression")
    return tmp_path


def section(root: Path) -> str:
    page = build(root, root / "page.html", NONE).read_text()
    return page.split('<section id="stills">')[1].split("</section>")[0]


def test_section_shows_what_was_written(project: Path) -> None:
    html = section(project)
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert "The model beats the mean shape: NME 0.050 against 0.150." in text
    assert "The model beats the commonest class: Balanced accuracy 0.600 against 0.330." in text
    assert "1,200 faces of the val split." in text
    assert text.count("This split leaks") == 1
    assert "sad (25 %), taken for happy" in text
    assert html.count("<img") == 3 * stills.SHOWN
    assert "emotion_cnn" not in text
    assert "left eye center: " in html  # a point that no face has labelled has no marks


def test_equal_inputs_give_equal_bytes(project: Path) -> None:
    assert section(project) == section(project)


def test_confusion_has_shares_of_rows_in_the_order_of_the_classes() -> None:
    pairs = pd.DataFrame({"actual": ["b", "b", "b", "a"], "predicted": ["b", "b", "a", "a"]})
    found = stills.confusion(pairs, ["b", "a", "never"])
    assert found.classes == ["b", "a", "never"]
    assert [(name, total) for name, total, _ in found.rows] == [("b", 3), ("a", 1), ("never", 0)]
    assert [cell.percent for cell in found.rows[0][2]] == ["67", "33", "0"]
    assert [cell.percent for cell in found.rows[2][2]] == ["–"] * 3
    assert found.rows[1][2][1].shade == stills.SHADE


def test_the_better_of_model_and_baseline_is_marked() -> None:
    scores = {"accuracy": 0.4, "baseline_accuracy": 0.5, "ece": 0.1, "baseline_ece": 0.2, "loss": None}
    marked = {name: [cell.style for cell in cells] for name, cells in stills.beside_baseline(scores).rows}
    assert marked["Accuracy, 0–1"] == ["", "best"]
    assert marked["Expected calibration error, 0–1"] == ["best", ""]
    assert marked["Cross-entropy, nats"] == ["", ""]


def test_faces_are_cut_from_the_sheet_in_order(project: Path) -> None:
    import base64

    found = stills.faces(project / "metrics/expression", "worst")
    raw = [np.frombuffer(base64.b64decode(face.picture.split(",")[1]), np.uint8) for face in found]
    pictures = [cv2.imdecode(data, cv2.IMREAD_GRAYSCALE) for data in raw]
    assert all(picture.shape == (48, 48) for picture in pictures)
    assert [round(float(picture.mean()) / 20) for picture in pictures] == list(range(stills.SHOWN))


def test_the_sheets_geometry_is_that_of_the_evaluation() -> None:
    from faceloom.stills import contact_sheet
    from faceloom.tasks.pictures import scores

    assert (stills.COLUMNS, stills.GAP) == (scores.COLUMNS, contact_sheet.GAP)


@pytest.mark.parametrize("name", ["worst.png", "confusion.csv"])
def test_broken_files_are_named(project: Path, name: str) -> None:
    (project / "metrics/expression" / name).write_bytes(b"")
    with pytest.raises(InputError, match=rf"{name}: not a "):
        stills.stills(Project(project))


def test_scores_alone_are_enough(project: Path) -> None:
    for path in project.glob("metrics/*/*"):
        path.unlink()
    html = section(project)
    assert "The model beats the mean shape" in html
    assert "<img" not in html


def test_nothing_scored_says_what_to_run(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    assert "have not run" in section(tmp_path)


def test_training_curves_have_units(project: Path) -> None:
    page = build(project, project / "page.html", NONE).read_text()
    assert "squared error, pixels²" in page
    assert "cross-entropy, nats" in page
    assert ">iteration<" not in page
