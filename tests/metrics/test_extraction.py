"""A perfect extraction, a constant one and one with holes; reading them from a clip's tables."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from faceloom.facs import AFFECT, AU_COLUMNS, EXPRESSIONS
from faceloom.metrics.compared import read, voiced
from faceloom.metrics.extraction import ANGLES, Compared, expression_index, score
from faceloom.store import Clip, ClipTable, write_table


def perfect(n=40, seed=0):
    rng = np.random.default_rng(seed)
    box = np.concatenate([rng.uniform(0, 50, (n, 2)), rng.uniform(80, 120, (n, 2))], axis=1)
    same = {
        "units": rng.uniform(0, 5, (n, 17)),
        "affect": rng.uniform(-1, 1, (n, 2)),
        "expression": rng.integers(0, 8, n),
        "angles": rng.normal(0, 10, (n, 3)),
        "landmarks68": rng.uniform(0, 100, (n, 68, 2)),
        "keypoints15": rng.uniform(0, 100, (n, 15, 2)),
    }
    speech = rng.random(n) > 0.6
    true = {f"true_{name}": value for name, value in same.items()}
    return Compared(np.ones(n, bool), box=box, is_voiced=speech, true_voiced=speech, **same, **true)


def test_a_perfect_extraction():
    scores = score([perfect(seed=0), perfect(seed=1)])
    assert (scores["clips"], scores["frames"], scores["face_found"]) == (2, 80, 1.0)
    assert scores["action_units"]["mean_pearson"] == scores["action_units"]["mean_pearson_within_clips"] == 1.0
    assert set(scores["action_units"]["rmse"].values()) == {0.0}
    assert set(scores["head_pose"]["mae_degrees"].values()) == {0.0}
    assert [group["nme"] for group in scores["landmarks"].values()] == [0.0, 0.0, 0.0]
    assert scores["expression"]["agreement"] == scores["voicing"]["agreement"] == 1.0
    assert 0 < scores["voicing"]["majority"] < 1


def test_the_mean_scores_as_its_baseline_says():
    clip = perfect()
    constant = replace(
        clip,
        units=np.tile(clip.true_units.mean(0), (len(clip), 1)),
        angles=np.tile(clip.true_angles.mean(0), (len(clip), 1)),
    )
    scores = score([constant])
    assert scores["action_units"]["rmse"] == scores["action_units"]["rmse_of_mean"]
    assert scores["head_pose"]["mae_degrees"] == scores["head_pose"]["mae_of_mean"]
    assert scores["action_units"]["mean_pearson"] is None
    assert set(scores["action_units"]["ccc"].values()) == {0.0}


def test_the_mean_face_moves_with_the_box():
    clip = perfect()
    layout = np.random.default_rng(3).uniform(0, 1, (68, 2))
    true = layout * clip.box[:, None, 2:] + clip.box[:, None, :2]
    scores = score([replace(clip, true_landmarks68=true)])
    assert scores["landmarks"]["inner51"]["nme_of_mean"] == pytest.approx(0, abs=1e-4)
    assert scores["landmarks"]["inner51"]["nme"] > 0.1


def test_frames_without_a_face_count_only_as_not_found():
    clip = perfect()
    lost = np.arange(len(clip)) % 4 == 0
    holes = {
        name: np.where(lost.reshape(-1, *[1] * (getattr(clip, name).ndim - 1)), np.nan, getattr(clip, name))
        for name in ("units", "affect", "angles", "landmarks68", "keypoints15", "box")
    }
    scores = score([replace(clip, is_face=~lost, expression=np.where(lost, -1, clip.expression), **holes)])
    assert scores["face_found"] == 0.75
    assert scores["action_units"]["mean_pearson"] == 1.0
    assert scores["landmarks"]["inner51"]["nme"] == 0.0
    assert scores["expression"]["agreement"] == 1.0


def test_no_face_at_all_is_null_and_valid_json():
    clip = perfect()
    nothing = {name: np.full_like(getattr(clip, name), np.nan) for name in ("units", "affect", "angles", "landmarks68")}
    nothing |= {"keypoints15": np.full_like(clip.keypoints15, np.nan), "box": np.full_like(clip.box, np.nan)}
    scores = score([replace(clip, is_face=np.zeros(len(clip), bool), **nothing)])
    assert scores["face_found"] == 0.0
    assert scores["action_units"]["mean_pearson"] is None
    assert scores["expression"] == {"agreement": None, "majority": None}
    json.dumps(scores, allow_nan=False)


def test_no_truth_is_said():
    assert score([])["clips"] == 0
    assert "truth" in score([])["message"]


def test_expressions():
    likely = np.full((3, 8), 0.1)
    likely[0, 5] = 0.3
    likely[1] = np.nan
    assert expression_index(likely)[:2].tolist() == [5, -1]


def test_voice_of_phonemes():
    assert voiced(["a", "p", None, "", "z", "tS", "m"]).tolist() == [True, False, False, False, True, False, True]


def flat(values):
    values = np.asarray(values, np.float32)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values[0].size)


def test_reading_a_clip(tmp_path):
    """The recording is twice as large as the analysis pictures, and its truth has a row more than the grid."""
    n = 4
    points = np.random.default_rng(0).uniform(0, 100, (n + 1, 68, 2)).astype(np.float32)
    names = (*AU_COLUMNS, *AFFECT, *ANGLES)
    numbers = {name: np.arange(n + 1, dtype=np.float32) for name in names}
    truth = numbers | {
        "expression": ["happy"] * (n + 1),
        "landmarks68": flat(2 * points),
        "keypoints15": flat(2 * points[:, :15]),
        "phoneme": ["a", "s", None, "m", "m"],
    }
    aligned = {name: values[:n] for name, values in numbers.items()}
    aligned |= {name: np.full(n, float(name == "happy"), np.float32) for name in EXPRESSIONS}
    aligned |= {"is_face": [True] * n, "is_voiced": [True, False, False, False]}
    facial = {"landmarks68": flat(points[:n]), "keypoints15": flat(points[:n, :15])}
    faces = {name: np.full(n, 10, np.float32) for name in "xywh"}
    tables = {}
    for name, columns in {"truth": truth, "aligned": aligned, "facial": facial, "faces": faces}.items():
        write_table(tmp_path / name, [pa.table(columns)])
        tables[name] = ClipTable(tmp_path / name, 0, 1)
    row = {"width": 1280, "height": 720}
    clip = Clip("a.mp4", "0", n, tmp_path, row, tables=tables, sidecars={"truth": tmp_path / "truth"})

    scores = score([read(clip, 640)])
    assert scores["frames"] == n
    assert scores["landmarks"]["keypoints15"]["nme"] == 0.0
    assert scores["action_units"]["mean_pearson"] == 1.0
    assert scores["expression"]["agreement"] == 1.0
    assert scores["voicing"]["agreement"] == 0.75
