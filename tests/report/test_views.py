from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fabricate import CLIPS, FRAMES, picture

from faceloom.facs import UPPER_FACE_AUS
from faceloom.params import Report
from faceloom.report import clips, gesture, scores, tables
from faceloom.report.data import summarise
from faceloom.report.gesture import errors_by_clip, filled, pick
from faceloom.report.overlays import Overlay, draw, head_axes
from faceloom.report.project import Project
from faceloom.report.stretch import Stretch, liveliest


def test_counts(project: Path) -> None:
    data = summarise(Project(project))
    assert (data.usable, data.clips) == (3, 5)
    assert data.face_fraction == pytest.approx((FRAMES - 1) / FRAMES)
    assert data.voiced_fraction == pytest.approx(14 / FRAMES)
    assert [(split["name"], split["clips"]) for split in data.splits] == [("train", 1), ("val", 1), ("test", 1)]
    stages = {stage.stage: stage for stage in data.stages}
    assert (stages["pose"].ok, stages["pose"].failed) == (3, 1)
    assert not stages["align"].ran
    assert [clip for clip, _ in data.faces] == list(CLIPS)


def test_fingerprint_follows_the_data(project: Path) -> None:
    one, two = Project(project), Project(project)
    assert one.fingerprint == two.fingerprint
    two.catalog[0]["digest"] = "other"
    assert one.fingerprint != two.fingerprint


def test_test_clips_of_different_people_come_first(project: Path) -> None:
    chosen = clips.choose(Project(project), Report(clips=2, seconds=0.4))
    assert [stretch.clip.clip for stretch in chosen] == [CLIPS[1], CLIPS[0]]
    assert all(len(stretch) == 10 for stretch in chosen)


def test_liveliest_stretch_has_most_faces(project: Path) -> None:
    clip = Project(project).clips(faces="data/faces", audio="data/audio/frames")[0]
    found = liveliest(clip, 6)
    assert not found.start <= 5 < found.stop  # frame 5 has no face
    assert len(liveliest(clip, 10_000)) == FRAMES


def test_overlays_leave_faceless_frames_bare(project: Path) -> None:
    clip = Project(project).clips(**clips.FOLDERS)[0]
    found = clips.overlays_of(Stretch(clip, 4, 7))
    assert [overlay.box is None for overlay in found] == [False, True, False]
    assert found[1] == Overlay()
    assert found[0].mesh is not None
    assert found[0].mesh.shape == (468, 3)
    assert found[0].landmarks is not None
    assert found[0].landmarks.shape == (68, 2)


def test_absent_columns_are_nan(project: Path) -> None:
    clip = Project(project).clips(pose="data/pose")[0]
    numbers = Stretch(clip, 2, 6).numbers("pose", ["yaw", "nothing"])
    assert numbers.shape == (4, 2)
    assert np.isfinite(numbers[:, 0]).all()
    assert np.isnan(numbers[:, 1]).all()
    assert np.isnan(Stretch(clip, 2, 6).numbers("facial", ["AU01_r"])).all()


def test_drawing_marks_the_box_at_any_size() -> None:
    bare = draw(picture(0), Overlay(), 192)
    marked = draw(picture(0), Overlay(box=(24.0, 16.0, 48.0, 64.0), angles=(np.nan, 0.0, 0.0)), 192)
    assert bare.shape == marked.shape == (192, 192, 3)
    changed = np.argwhere((bare != marked).any(axis=2))
    assert np.abs(changed.min(axis=0) - [32, 48]).max() <= 4
    assert np.abs(changed.max(axis=0) - [160, 144]).max() <= 4


@pytest.mark.parametrize(
    ("angles", "left", "up", "nose"),
    [
        ((0, 0, 0), (1, 0), (0, -1), (0, 0)),
        ((90, 0, 0), (0, 0), (0, -1), (1, 0)),  # to the subject's left: the nose points to the image's right
        ((0, 90, 0), (1, 0), (0, 0), (0, -1)),  # up
        ((0, 0, 90), (0, 1), (1, 0), (0, 0)),  # towards the left shoulder: clockwise in the image
    ],
)
def test_axes_follow_the_contracts_signs(
    angles: tuple[float, float, float], left: object, up: object, nose: object
) -> None:
    np.testing.assert_allclose(head_axes(*angles), [left, up, nose], atol=1e-12)


def test_best_typical_and_worst() -> None:
    errors = {"a": 0.5, "b": 0.1, "c": 0.9, "d": 0.3, "e": 0.2}
    assert [clip for _, clip in pick(errors, 3)] == ["b", "d", "c"]
    assert [clip for _, clip in pick(errors, 9)] == ["b", "d", "c"]
    assert [clip for _, clip in pick(errors, 1)] == ["d"]
    assert [clip for _, clip in pick({"a": 1.0}, 3)] == ["a"]
    assert pick({}, 3) == []


def test_error_of_a_clip_skips_what_is_unknown() -> None:
    columns = {f"{au}_{kind}": [1.0, np.nan, 2.0] for au in UPPER_FACE_AUS for kind in ("true", "predicted")}
    table = pd.DataFrame({"clip": ["a", "a", "b"], **columns})
    table.loc[0, "AU01_predicted"] = 3.0
    assert errors_by_clip(table) == {"a": pytest.approx(np.sqrt(4 / 6)), "b": 0.0}


def test_gaps_are_bridged() -> None:
    np.testing.assert_array_equal(
        filled(np.array([[np.nan, np.nan], [1, np.nan], [np.nan, np.nan], [3, np.nan]])),
        [[1, 0], [1, 0], [2, 0], [3, 0]],
    )


def test_curves_name_what_moves_together() -> None:
    true = np.tile(np.sin(np.arange(20.0))[:, None] + 1, (1, 6))
    predicted = np.concatenate([true[:, :5], np.ones((20, 1))], axis=1)
    shown = gesture.curves(gesture.Tracks(true, predicted, np.full((20, 6), np.nan)))
    assert [row.note for row in shown.rows] == ["r = 1.00"] * 5 + ["r –"]
    assert [line.label for line in shown.rows[0].series] == ["measured", "predicted"]
    assert shown.y_range == (0.0, 2.0)


def test_the_best_is_marked_in_the_metrics_own_direction() -> None:
    runs = {"model": {"rmse": 1.0, "ccc": 0.5}, "mean": {"rmse": 2.0, "ccc": 0.6}, "ceiling": {"rmse": 0.1, "ccc": 0.9}}
    marked = {name: [cell.style for cell in cells] for name, cells in scores.compare(runs).rows}
    assert list(marked.values()) == [["best", ""], ["", "best"], ["", ""]]


def test_any_metrics_become_tables() -> None:
    found = tables.tables({"n": 3, "a": {"x": 1.0, "y": None}, "b": {"x": True, "y": -2.5}, "deep": {"c": {"z": 1}}})
    shown = [
        (table.title, table.columns, [(name, [cell.text for cell in cells]) for name, cells in table.rows])
        for table in found
    ]
    assert shown == [
        ("", ["value"], [("n", ["3"])]),
        ("", ["x", "y"], [("a", ["1.000", "–"]), ("b", ["yes", "−2.500"])]),
        ("deep, c", ["value"], [("z", ["1"])]),
    ]


def test_wide_tables_are_turned() -> None:
    wide = {metric: {f"AU{i:02d}": 0.5 for i in range(12)} for metric in ("pearson", "ccc")}
    (table,) = tables.tables(wide)
    assert len(table.rows) == 12
    assert table.columns == ["Pearson r", "CCC"]
