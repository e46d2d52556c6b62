import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from faceloom.facs import AU_COLUMNS, AUS, EXPRESSIONS, PROTOTYPES
from faceloom.studio.affect import affect, expression
from faceloom.studio.expressions import sample_units
from faceloom.studio.identity import Identity
from faceloom.studio.occluders import KINDS, occlude
from faceloom.studio.poses import pose_units, poses
from faceloom.studio.render import render
from faceloom.studio.shards import write_posed_shard, write_shard
from faceloom.studio.stills import PITCH, ROLL, YAW, sample_still
from faceloom.studio.units import columns, labels_from_units


def aus(**shares: float) -> np.ndarray:
    return np.array([5 * shares.get(au, 0.0) for au in AUS])


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_full_prototypes_are_what_they_are_called(name: str) -> None:
    assert expression(aus(**PROTOTYPES[name])) == name


def test_affect_has_the_usual_signs() -> None:
    happy, sad, anger = (affect(aus(**PROTOTYPES[name])) for name in ("happy", "sad", "anger"))
    np.testing.assert_array_equal(affect(aus()), [0, 0])
    assert happy[0] > 0.6
    assert sad[0] < -0.5
    assert anger[0] < -0.3
    assert affect(aus(**PROTOTYPES["surprise"]))[1] > 0.5 > sad[1]


def test_drawn_faces_use_every_action_unit_and_stay_in_range() -> None:
    rng = np.random.default_rng(0)
    units = np.stack([sample_units(rng) for _ in range(600)])
    labels = labels_from_units(units)
    assert units.min() >= 0
    assert units.max() <= 1.1 + 1e-6
    assert (labels.max(0) > 3).all()
    assert (labels > 0.5).mean(0).min() > 0.02


def test_a_still_is_determined_by_its_generator_and_its_labels_agree(identity: Identity) -> None:
    first, second = (sample_still(np.random.default_rng(5), identity, size=128) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.aus, labels_from_units(first.units))
    assert abs(first.yaw) <= YAW
    assert abs(first.pitch) <= PITCH
    assert abs(first.roll) <= ROLL
    assert first.expression in EXPRESSIONS


@pytest.mark.parametrize("kind", KINDS)
def test_occluders_cover_what_they_report(kind: str, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceloom.studio.occluders.ODDS", tuple(float(kind == other) for other in KINDS))
    seen = render(identity, np.zeros(52, np.float32))
    picture, covered = occlude(seen.image, seen, identity, np.random.default_rng(1))
    changed = np.abs(picture.astype(int) - seen.image).max(2) > 40
    assert (covered & seen.face).any()
    assert changed[covered].mean() > 3 * changed[~covered].mean()


def test_a_shard_has_the_contracts_columns_and_equal_bytes_twice(tmp_path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        assert write_shard(tmp_path / folder, 7, 0, 2, 2, 96) == 4
    first, second = (tmp_path / folder / "shard-000.parquet" for folder in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    table = pq.read_table(first)
    assert table.column_names == [
        *("identity", "image", *AU_COLUMNS, "valence", "arousal", "expression", "yaw", "pitch", "roll"),
        *("keypoints15", "landmarks68", "visible68", "occlusion", "units"),
    ]
    assert table["identity"].to_pylist() == [0, 0, 1, 1]
    row = table.slice(2, 1).to_pylist()[0]
    assert max(row[name] for name in AU_COLUMNS) == 0  # the first of each identity is at rest
    assert [len(row[name]) for name in ("keypoints15", "landmarks68", "visible68", "units")] == [30, 136, 68, 52]
    assert row["image"]["path"] is None
    assert cv2.imdecode(np.frombuffer(row["image"]["bytes"], np.uint8), 1).shape == (96, 96, 3)


def test_a_poser_shows_each_expression_once_and_it_is_seen_in_the_action_units(tmp_path) -> None:
    assert write_posed_shard(tmp_path, 7, 0, 1, 96) == len(EXPRESSIONS)
    table = pq.read_table(tmp_path / "shard-000.parquet")
    assert table["expression"].to_pylist() == list(EXPRESSIONS)
    assert set(table["identity"].to_pylist()) == {0}
    shown = {row["expression"]: row for row in table.to_pylist()}
    assert shown["happy"]["AU12_r"] > 1.5 > shown["anger"]["AU12_r"]
    assert shown["surprise"]["AU02_r"] > 1.5 > shown["sad"]["AU02_r"]
    assert shown["anger"]["AU04_r"] > 1.5 > shown["happy"]["AU04_r"]


def test_posed_faces_are_mostly_what_the_rule_for_expressions_calls_them() -> None:
    rng = np.random.default_rng(0)
    called = np.array([[expression(labels_from_units(units)) for units in poses(rng)] for _ in range(100)])
    assert (called == np.array(EXPRESSIONS)).mean() > 0.8


def test_contempt_is_of_one_side() -> None:
    rng = np.random.default_rng(1)
    smile = columns("mouthSmile")
    sides = np.stack([pose_units(rng, "contempt")[smile] for _ in range(50)])
    assert (np.abs(sides[:, 0] - sides[:, 1]) > 0.5 * sides.max(1)).all()
