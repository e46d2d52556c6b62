import json
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
import torch
import toy_packed

from faceloom.metrics.reaction import evaluate as score
from faceloom.tasks.reaction import checkpoint, data
from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.evaluate import beats, evaluate, perplexity
from faceloom.tasks.reaction.generate import heard, predict, silent, stranger
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.matching import matching
from faceloom.tasks.reaction.module import Settings
from faceloom.tasks.reaction.train import build

SETTINGS = Settings(width=16, layers=1, heads=2, frames=16, threads=1)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return toy_packed.pack(tmp_path_factory.mktemp("small") / "reaction.h5", dyads=(3, 2, 2), frames=24)


@pytest.fixture(scope="module")
def model(small):
    packed = data.load(small)
    return ReactionModel(build(packed, SETTINGS).network.eval(), packed.codebooks, asdict(SETTINGS))


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("model")
    checkpoint.save(out, model, "0" * 32, [{"epoch": 0.0, "val_loss": 1.0}])
    return out


def test_everything_that_is_scored_can_be_scored_again_from_the_files(small, folder, tmp_path):
    evaluate(small, folder, tmp_path / "reaction.json", tmp_path / "out")
    found = json.loads((tmp_path / "reaction.json").read_text())
    files = {p.stem: np.load(p) for p in (tmp_path / "out").glob("*.npy")}
    assert found["split"] == "test"
    assert found["clips"] == 4
    assert found["frames"] == 24
    for task in ("online", "offline"):
        predictions = files[f"predictions_{task}"]
        assert predictions.shape == (4, 10, 24, 25)
        assert predictions.dtype == np.float32
        again = score(predictions, files["real"], files["speaker"], files["appropriate"])
        assert found["scores"][task]["FRCorr"] == pytest.approx(again["FRCorr"], rel=1e-5)
        assert found["scores"][task]["FRDist"] == pytest.approx(again["FRDist"], rel=1e-5)
    assert found["scores"]["ground_truth"]["FRDist"] == 0
    assert found["codebooks"]["au"]["codes"] == 4
    assert {p.name for p in (tmp_path / "out").glob("*.csv")} == {
        "clips.csv",
        "scores.csv",
        "training.csv",
        "usage.csv",
    }
    usage = pd.read_csv(tmp_path / "out" / "usage.csv").groupby("stream")[["training", "real", "online", "offline"]]
    assert usage.sum().to_numpy() == pytest.approx(1, abs=1e-4)


def test_a_finetuned_model_is_scored_offline_alone(small, model, tmp_path):
    finetuned = replace(model, settings=dict(model.settings) | {"stage": "finetune"})
    checkpoint.save(tmp_path / "model", finetuned, "0" * 32, [{"epoch": 0.0, "val_loss": 1.0}])
    evaluate(small, tmp_path / "model", tmp_path / "found.json", tmp_path / "out")
    found = json.loads((tmp_path / "found.json").read_text())
    assert [name for name in found["scores"] if "line" in name] == ["offline", "offline_no_speaker", "offline_stranger"]
    assert set(found["beats"]) == set(found["sampling"]) == {"offline"}
    assert "offline_stranger_FRDist" in found["beats"]["offline"]
    assert {p.name for p in (tmp_path / "out").glob("predictions*")} == {"predictions_offline.npy"}


def test_equal_runs_give_equal_bytes(small, folder, tmp_path):
    for name in ("a", "b"):
        evaluate(small, folder, tmp_path / f"{name}.json", tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_reactions_hear_their_speaker_and_nobody_else(small, model):
    held_out = HeldOut.of(data.load(small))
    row, packed = 1, held_out.packed
    speaker = packed.clip(int(held_out.clips[row]))
    assert all((heard(held_out, row).features[name] == x).all() for name, x in speaker.features.items())
    assert all(np.isnan(x).all() for x in silent(held_out, row).features.values())
    assert all(np.isnan(x).all() for x in silent(held_out, row).clip_features.values())
    assert silent(held_out, row).is_face.all()
    other = stranger(held_out, row).features["facial"]
    owner = [k for k in range(len(held_out)) if (heard(held_out, k).features["facial"] == other).all()]
    assert len(owner) == 1
    assert not held_out.appropriate[row, owner[0]]
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter.mul_(3.0)
    both = [predict(model, held_out, "offline", how, samples=2) for how in (heard, silent)]
    assert (both[0] != both[1]).any()
    assert np.isfinite(both[1]).all()


def test_the_mean_training_reaction_counts_every_clip_where_it_is_and_holds_its_last_value(tmp_path):
    path = toy_packed.pack(tmp_path / "reaction.h5", dyads=(2, 1, 1), lengths=[12, 20, 30, 30])
    held_out = HeldOut.of(data.load(path))
    packed = held_out.packed
    train = [packed.clip(packed.listener(int(k))).attributes for k in packed.of("train")]
    assert held_out.frames == 30
    assert held_out.usual.shape == (1, 30, 25)
    np.testing.assert_allclose(held_out.usual[0, 5], np.mean([x[5] for x in train], axis=0), rtol=1e-6)
    np.testing.assert_allclose(held_out.usual[0, 15], np.mean([x[15] for x in train if len(x) > 15], axis=0), rtol=1e-6)
    np.testing.assert_array_equal(held_out.usual[0, 20:], np.repeat(held_out.usual[0, 19:20], 10, axis=0))


def test_without_a_test_split_the_validation_split_is_scored(tmp_path):
    packed = data.load(toy_packed.pack(tmp_path / "reaction.h5", dyads=(2, 1, 0), frames=12))
    assert HeldOut.of(packed).split == "val"


@pytest.mark.parametrize(("says", "real", "strangers"), [(1, 1.0, 0.0), (0, 0.0, 1.0)])
def test_who_always_says_the_same_matches_half(small, model, monkeypatch, says, real, strangers):
    def match(_features, _is_face, codes, _valid=None):
        return torch.tensor([[1.0 - says, float(says)]]).expand(len(codes), 2)

    monkeypatch.setattr(model.network, "match", match)
    found = matching(model, HeldOut.of(data.load(small)))
    assert (found.real, found.strangers, found.accuracy) == (real, strangers, 0.5)
    assert (found.pairs, found.stretches) == (4, 0.5)


def test_of_a_clip_counts_the_mean_probability_of_its_stretches(small, model, monkeypatch):
    calls = iter(range(1000))

    def match(_features, _is_face, codes, _valid=None):  # sure in each second stretch, a little wrong in the others
        odds = torch.full((len(codes),), -3.0)
        odds[0] = 3.0
        return torch.stack([torch.zeros(len(codes)), odds if next(calls) % 2 else -odds / 3], dim=1)

    monkeypatch.setattr(model.network, "match", match)
    found = matching(model, HeldOut.of(data.load(small)))  # of 24 frames, two stretches of 16
    assert (found.accuracy, found.stretches) == (1.0, 0.5)


def test_a_network_that_knows_the_pairs_matches_them_all(small, model, monkeypatch):
    held_out = HeldOut.of(data.load(small))
    real = {
        heard(held_out, k).features["facial"][start : start + 16].astype(np.float32).tobytes(): held_out.packed.clip(
            held_out.packed.listener(int(held_out.clips[k]))
        ).tokens[start : start + 16]
        for k in range(len(held_out))
        for start in (0, 8)
    }

    def match(features, _is_face, codes, _valid=None):
        known = [(real[features["facial"][0].numpy().tobytes()] == c.numpy()).all() for c in codes]
        right = torch.tensor(known).float()
        return torch.stack([1 - right, right], dim=1)

    monkeypatch.setattr(model.network, "match", match)
    assert matching(model, held_out).accuracy == 1.0


def test_clips_are_cut_to_the_shortest_and_the_rest_is_counted(tmp_path):
    path = toy_packed.pack(tmp_path / "reaction.h5", dyads=(2, 1, 2), lengths=[12, 20, 30, 30, 34])
    held_out = HeldOut.of(data.load(path))
    assert (held_out.real.shape, held_out.frames_cut) == ((4, 30, 25), 2 * 4)  # both directions of a dyad


def test_of_many_strangers_some_are_asked_about(small, model, monkeypatch):
    monkeypatch.setattr("faceloom.tasks.reaction.matching.STRANGERS", 1)
    held_out = HeldOut.of(data.load(small))
    found = matching(model, held_out)
    assert found.other_pairs == found.pairs == len(held_out)
    assert matching(model, held_out) == found


def test_beats_means_more_correlation_and_less_distance():
    rows = {name: {"FRCorr": 1.0, "FRDist": 2.0} for name in ("online", "offline", "mime", "ground_truth")}
    rows["online"] = {"FRCorr": 1.5, "FRDist": 2.5}
    assert beats(rows)["online"] == {"mime_FRCorr": True, "mime_FRDist": False}
    assert beats(rows)["offline"] == {"mime_FRCorr": False, "mime_FRDist": False}


def test_perplexity_counts_equally_frequent_codes():
    assert perplexity(np.array([0.25, 0.25, 0.25, 0.25, 0.0])) == pytest.approx(4)
    assert perplexity(np.array([1.0, 0.0])) == pytest.approx(1)
