import json

import h5py
import numpy as np
import pytest

from faceloom.errors import InputError
from faceloom.facs import AUS, EXPRESSIONS
from faceloom.features.face_geometry import features
from faceloom.features.head_pose import rotation_of
from faceloom.features.mouth_texture import SIZE
from faceloom.tasks.action_units.data import Stills, load
from faceloom.tasks.action_units.evaluate import evaluate, report
from faceloom.tasks.action_units.model import CONFIG, FEATURES, digest
from faceloom.tasks.action_units.model import load as load_model
from faceloom.tasks.action_units.pack import held_out
from faceloom.tasks.action_units.train import medians, train


def stills(people=24, each=6, seed=0):
    """Random solids whose mouth corners rise with AU12 and whose lids close with AU45."""
    rng = np.random.default_rng(seed)
    n = people * each
    identity = np.repeat(np.arange(people, dtype=np.int32), each)
    base = rng.normal(size=(468, 3)) * [0.5, 0.6, 0.3]
    base[33], base[263] = (-0.5, 0, 0), (0.5, 0, 0)
    units = rng.uniform(0, 5, (n, len(AUS))).astype(np.float32)
    points = base + 0.02 * rng.normal(size=(people, 468, 3))[identity]
    points[:, [61, 291], 1] += 0.04 * units[:, [AUS.index("AU12")]]
    angles = rng.uniform(-20, 20, (n, 3)).astype(np.float32)
    landmarks = np.einsum("nij,nkj->nki", rotation_of(angles), points) * 80 * [1, -1, -1] + 128
    iris = np.tile(rng.normal(size=(76, 2)), (n, 2, 1, 1)).astype(np.float32)
    iris[:, :, 11:14, 1] = iris[:, :, 3:6, 1] - 0.08 * (5 - units[:, [AUS.index("AU45")], None])
    expression = (units[:, AUS.index("AU12")] > 2.5).astype(np.int8)
    landmarks = landmarks.astype(np.float32)
    return Stills(
        landmarks=landmarks,
        iris=iris,
        texture=rng.uniform(0, 0.3, (n, SIZE)).astype(np.float32),
        units=units,
        affect=np.stack([units[:, 8] / 2.5 - 1, units[:, 16] / 2.5 - 1], axis=1),
        expression=expression,
        angles=angles,
        keypoints15=rng.uniform(0, 256, (n, 15, 2)).astype(np.float32),
        landmarks68=rng.uniform(0, 256, (n, 68, 2)).astype(np.float32),
        identity=identity,
        test=held_out(identity, 0.25),
    )


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    path = tmp_path_factory.mktemp("packed") / "action_units.h5"
    with h5py.File(path, "w") as file:
        for name, values in vars(stills()).items():
            file[name] = values
    return path


@pytest.fixture(scope="module")
def trained(packed):
    folder = packed.parent / "model"
    return train(packed, {"alpha": 1.0}, folder), folder


def test_it_learns_what_the_geometry_shows(trained):
    scores = report(trained[0], stills()[stills().test])["units"]["pearson"]
    assert scores["AU12"] > 0.9
    assert scores["AU45"] > 0.9
    assert abs(scores["AU04"]) < 0.5  # nothing in these faces shows it


def test_a_saved_model_is_the_same_model(trained):
    model, folder = trained
    x = model.features(stills().landmarks, stills().iris, stills().texture)
    again = load_model(folder)
    for neutral in (None, x[0]):
        first, second = model(x, neutral), again(x, neutral)
        assert np.array_equal(first.units, second.units)
        assert np.array_equal(first.affect, second.affect)
        assert np.array_equal(first.expressions, second.expressions)
    assert np.array_equal(model.template, again.template)


def test_training_twice_gives_equal_bytes(packed, trained, tmp_path):
    train(packed, {"alpha": 1.0}, tmp_path)
    assert digest(tmp_path) == digest(trained[1])
    assert (tmp_path / CONFIG).read_bytes() == (trained[1] / CONFIG).read_bytes()


def test_the_card_says_what_does_not_transfer(trained):
    text = (trained[1] / "README.md").read_text()
    assert "AU14, AU15, AU17, AU20, AU23: **do not transfer yet**" in text
    assert "AU05, AU06, AU09: **no usable real label**" in text
    assert f"{trained[0].about['faces']} stills" in text


def test_outputs_are_in_range(trained):
    model = trained[0]
    x = 10 * np.random.default_rng(0).normal(size=(50, len(FEATURES))).astype(np.float32)
    found = model(x)
    assert found.units.min() >= 0
    assert found.units.max() <= 5
    assert np.abs(found.affect).max() <= 1
    assert found.expressions.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert found.expressions.shape == (50, len(EXPRESSIONS))


def test_no_face_no_number(trained):
    landmarks, iris = stills().landmarks[:3].copy(), stills().iris[:3]
    landmarks[1] = np.nan
    found = trained[0](trained[0].features(landmarks, iris, stills().texture[:3]))
    assert np.isnan(found.units[1]).all()
    assert np.isnan(found.expressions[1]).all()
    assert np.isfinite(found.units[[0, 2]]).all()


def test_features_do_not_depend_on_place_and_size(trained):
    template = trained[0].template
    faces = stills()
    moved = faces.landmarks * 3 + np.float32([50, -20, 0])
    assert features(moved, faces.iris, template) == pytest.approx(
        features(faces.landmarks, faces.iris, template), abs=2e-2
    )


def test_every_feature_has_one_name(trained):
    assert len(set(FEATURES)) == len(FEATURES)
    assert trained[0].features(stills().landmarks[:2], stills().iris[:2], stills().texture[:2]).shape == (
        2,
        len(FEATURES),
    )


def test_the_neutral_face_removes_the_person():
    x = np.array([[1.0, 5], [2, 5], [4, 5], [7, 0]], dtype=np.float32)
    assert medians(x, np.array([0, 0, 0, 1], dtype=np.int32)).tolist() == [[2, 5]] * 3 + [[7, 0]]


def test_whole_identities_are_held_out():
    identity = np.repeat(np.arange(40, dtype=np.int32), 5)
    test = held_out(identity, 0.15)
    assert test.sum() == 6 * 5
    assert not set(identity[test]) & set(identity[~test])
    assert held_out(identity[:5], 0.15).all()


def test_a_model_of_other_features_is_refused(trained, tmp_path):
    for file in trained[1].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = json.loads((tmp_path / CONFIG).read_text())
    (tmp_path / CONFIG).write_text(json.dumps({**config, "features": config["features"][1:]}))
    with pytest.raises(InputError, match="another version"):
        load_model(tmp_path)


@pytest.mark.parametrize("read", [load_model, digest])
def test_no_model_says_what_to_run(tmp_path, read):
    with pytest.raises(InputError, match="train@action_units"):
        read(tmp_path)


def test_scores_are_json_without_nan(packed, trained, tmp_path):
    evaluate(packed, trained[1], tmp_path / "scores.json", tmp_path / "plots")
    scores = json.loads((tmp_path / "scores.json").read_text(), parse_constant=pytest.fail)
    assert scores["identities"] == 6
    assert (tmp_path / "plots" / "action_units.csv").read_text().count("\n") == len(AUS) + 1
    assert len(load(packed)) == 144
