"""The packed file: what is in it, and what is left out and counted."""

import numpy as np
import pyarrow.parquet as pq
import pytest
import toy_dyads as toy

from faceloom.errors import InputError
from faceloom.facs import EXPRESSIONS
from faceloom.params import PackReaction
from faceloom.tasks.reaction import attributes, challenge
from faceloom.tasks.reaction.data import load
from faceloom.tasks.reaction.pack import pack
from faceloom.tasks.reaction.recent import recent

LISTENERS = [f"d{k}/listener.mp4" for k in range(3)]


@pytest.fixture
def recordings(tmp_path):
    return toy.recordings(tmp_path / "data", faceless=range(5, 9))


def packed(tmp_path, clips, **changes):
    out = tmp_path / "reaction.h5"
    assert pack(clips, tmp_path, toy.settings(**changes), out) == len(load(out))
    return load(out)


def test_every_dyad_in_both_directions(tmp_path, recordings):
    file = packed(tmp_path, recordings)
    assert len(file) == 10
    assert [file.names[k] for k in file.of("train")][3:] == LISTENERS
    assert [len(file.of(split)) for split in ("train", "val", "test")] == [6, 2, 2]
    for k in range(len(file)):
        assert file.names[k].split("/")[0] == file.names[file.listener(k)].split("/")[0]
        assert file.listener(file.listener(k)) == k != file.listener(k)
        assert file.frames(k) == file.frames(file.listener(k)) == 40


def test_a_clip_is_what_its_tables_say(tmp_path, recordings):
    file = packed(tmp_path, recordings)
    (k,) = (k for k, name in enumerate(file.names) if name == "d1/listener.mp4")
    clip = next(clip for clip in recordings if clip.clip == "d1/listener.mp4")
    sample, table = file.clip(k), clip.tables["facial"].read()
    raw = attributes.face(table)
    assert len(sample) == 40
    assert sample.is_face.tolist() == table["is_face"].to_pylist()
    assert np.allclose(sample.attributes[20:, 15:], raw[20:, 15:], atol=1e-3)
    shown = attributes.above_rest(raw, sample.is_face, PackReaction().above_rest)
    assert np.array_equal(sample.attributes[20:, :15], shown[20:, :15] >= 0.4)
    assert (sample.attributes[5:9] == sample.attributes[4]).all()  # no face: the last one is held
    assert np.allclose(sample.features["facial"][20:], raw[20:], atol=2e-3)
    mfcc = np.stack([clip.tables["audio/frames"].read()[f"mfcc[{c}]"].to_numpy() for c in range(26)], axis=1)
    assert np.allclose(sample.features["mfcc"], mfcc, atol=2e-3)
    assert np.isnan(sample.features["landmarks"][5:9].astype(float)).all()
    assert sample.clip_features["functionals"].std() == pytest.approx(1, abs=1e-2)
    assert {value.dtype for value in sample.features.values()} == {np.dtype(np.float16)}


def test_tokens_are_those_of_the_attributes(tmp_path, recordings):
    file = packed(tmp_path, recordings)
    assert np.array_equal(file.tokens, file.codebooks.encode(file.attributes))
    training = np.concatenate([file.clip(k).attributes for k in file.of("train")])
    assert file.codebooks.unseen(training) == {"au": 0, "va": 0}
    assert file.codebooks.sizes[1] == 16


def test_codebooks_and_statistics_are_the_training_split_s(tmp_path, recordings):
    file = packed(tmp_path, recordings)
    test = [clip for clip in recordings if clip.row["split"] == "test"]
    others = toy.dyad(tmp_path / "other", 9, "test")
    swapped = packed(tmp_path / "swapped", [clip for clip in recordings if clip not in test] + others)
    assert swapped.codebooks.fingerprint == file.codebooks.fingerprint
    training = np.concatenate([file.clip(k).features["mfcc"] for k in file.of("train")]).astype(float)
    assert np.allclose(file.statistics["mfcc"], [training.mean(axis=0), training.std(axis=0)], atol=1e-2)
    for name, values in file.statistics.items():
        assert np.array_equal(values, swapped.statistics[name])


def test_appropriate_reactions(tmp_path, recordings):
    file = packed(tmp_path, recordings)
    assert file.appropriate.diagonal().all()
    assert not file.appropriate[file.split[:, None] != file.split].any()
    assert file.about["appropriate"] == dict.fromkeys(("train", "val", "test"), "derived")
    matrix = np.eye(6, dtype=np.uint8)
    matrix[0, 4] = matrix[4, 0] = 1
    np.save(tmp_path / "neighbours_train.npy", matrix)
    own = packed(tmp_path, recordings, appropriateness=".")
    assert np.array_equal(own.appropriate[:6, :6], matrix)
    assert own.about["appropriate"]["train"] == "neighbours_train.npy"
    assert own.about["appropriate"]["val"] == "derived"
    assert own.appropriate[6:, 6:].diagonal().all()


def test_stretches_of_a_clip(tmp_path, recordings):
    file = packed(tmp_path, recordings)
    whole, part = file.clip(3), file.clip(3, 7, 23)
    assert len(part) == 16
    for name, values in whole.features.items():
        assert np.array_equal(part.features[name], values[7:23], equal_nan=True)
    assert np.array_equal(part.tokens, whole.tokens[7:23])
    assert len(file.clip(3, 30, 99)) == 10


def test_a_file_that_is_packed_anew_is_read_anew(tmp_path, recordings):
    before = packed(tmp_path, recordings).clip(0)
    after = packed(tmp_path, [clip for clip in recordings if not clip.clip.startswith("d0/")]).clip(0)
    assert not np.array_equal(before.features["mfcc"], after.features["mfcc"])


def test_the_last_second_is_of_the_faces_that_the_tokens_are_made_of(tmp_path, recordings):
    file = packed(tmp_path, recordings, features=("facial", "cues", "recent"))
    for k in range(len(file)):
        streams = {name: values.astype(np.float32) for name, values in file.clip(k).features.items()}
        wanted = recent(streams["facial"], streams["cues"])
        assert np.allclose(streams["recent"], wanted, atol=1e-2)


def test_a_row_for_several_frames_is_stored_once(tmp_path):
    made = [clip for k in range(2) for clip in toy.dyad(tmp_path, k, more={"pose/videomae": toy.windows(40, 5)})]
    made += toy.dyad(tmp_path, 2, n=(33, 33), more={"pose/videomae": toy.windows(33, 5)})
    file = packed(tmp_path, made, features=("videomae",))
    k = file.names.index("d2/speaker.mp4")
    assert file.clip(k).features["videomae"][:, 0].tolist() == [frame // 5 for frame in range(33)]
    assert file.clip(k, 8, 21).features["videomae"][:, 2].tolist() == [frame // 5 for frame in range(8, 21)]


def test_a_recording_without_pictures_has_nan_features(tmp_path):
    empty = toy.windows(40, 5)[:0]
    made = [clip for k in range(2) for clip in toy.dyad(tmp_path, k, more={"pose/videomae": toy.windows(40, 5)})]
    made[0] = toy.clip(tmp_path, "d0/listener.mp4", "d0/speaker.mp4", more={"pose/videomae": empty})
    file = packed(tmp_path, made, features=("videomae",))
    assert np.isnan(file.clip(file.names.index("d0/listener.mp4")).features["videomae"].astype(float)).all()
    assert not np.isnan(file.statistics["videomae"]).any()


def test_partners_of_different_length_have_the_common_one(tmp_path, recordings):
    file = packed(tmp_path, recordings + toy.dyad(tmp_path, 7, n=(50, 31)))
    k = file.names.index("d7/speaker.mp4")
    assert file.frames(k) == file.frames(file.listener(k)) == 31
    assert file.about["counts"]["cut to the partner's length"] == 1


def test_faces_that_are_never_seen_leave_their_dyad_out(tmp_path, recordings):
    blind = [toy.clip(tmp_path, "e/a", "e/b", faceless=range(40)), toy.clip(tmp_path, "e/b", "e/a")]
    file = packed(tmp_path, [*recordings, *blind, toy.clip(tmp_path, "alone", None)])
    assert len(file) == 10
    assert file.about["counts"]["no face in it or its partner"] == 2
    assert file.about["counts"]["no partner"] == 1
    assert file.about["counts"]["frames without a face"] == 10 * 4 + 40


def test_equal_input_gives_equal_bytes(tmp_path, recordings):
    first, second = (packed(tmp_path / name, recordings).path for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_truth_is_the_ceiling(tmp_path, recordings):
    for k, clip in enumerate(recordings):
        table = toy.facial(40, seed=100 + k).drop_columns(["is_face", *EXPRESSIONS])
        named = np.random.default_rng(k).choice(EXPRESSIONS, 40)
        clip.sidecars["truth"] = tmp_path / f"{k}.truth.parquet"
        pq.write_table(table.append_column("expression", [named.tolist()]), clip.sidecars["truth"])
    file = packed(tmp_path, recordings, source="truth", features=("facial", "landmarks", "mfcc"))
    sample = file.clip(file.names.index(recordings[0].clip))
    truth = attributes.face(pq.read_table(recordings[0].sidecars["truth"]))
    assert sample.is_face.all()
    assert np.allclose(sample.features["facial"], truth, atol=2e-3)
    assert file.codebooks.sizes[1] == 8  # an expression is there or not
    assert not np.isnan(sample.features["landmarks"].astype(float)).any()


@pytest.fixture
def react(tmp_path):
    """Two sessions of the challenge's layout, attribute tables of 41 rows for 40 frames beside each but one video."""
    made = []
    for k, split in enumerate(("train", "train", "val")):
        names = [f"{split}/Video_files/NoXI/s{k}/{who}_video/1.mp4" for who in ("Expert", "Novice")]
        made += [toy.clip(tmp_path / "data", a, b, split, seed=k) for a, b in (names, names[::-1])]
    for k, clip in enumerate(made[:-1]):
        path = tmp_path / clip.clip.replace("Video_files", "Emotion").replace(".mp4", ".csv")
        values = toy.attributes(41, seed=k)
        values[4, 3] = np.nan
        toy.write_attributes(path, values)
    return made


def test_tables_of_the_challenge_win_over_estimates(tmp_path, react):
    file = packed(tmp_path, react)
    counts = file.about["counts"]
    assert counts["attribute files of another length than the recording"] == 5
    assert counts["frames without a face"] == 5
    k = file.names.index(react[0].clip)
    table = challenge.read_attributes(challenge.attribute_file(tmp_path, react[0].clip))
    rows = np.arange(40) != 4
    assert np.allclose(file.clip(k).attributes[rows], table[:40][rows], atol=1e-3)
    assert file.clip(k).is_face.tolist() == rows.tolist()
    estimated = packed(tmp_path, react, source="estimated")
    assert not np.allclose(estimated.clip(k).attributes, file.clip(k).attributes)


def test_lists_of_the_challenge_with_its_matrix(tmp_path, react):
    rows = ["0,NoXI/s1/Novice_video/1,NoXI/s1/Expert_video/1", "1,NoXI/s9/Novice_video/1,NoXI/s9/Expert_video/1",
            "2,NoXI/s0/Novice_video/1,NoXI/s0/Expert_video/1"]  # fmt: skip
    (tmp_path / "train_idx.csv").write_text("\n".join(rows))
    matrix = np.eye(6, dtype=np.uint8)
    matrix[2, 3] = matrix[3, 2] = 1  # s0's novice is like s1's expert
    np.save(tmp_path / "neighbour_emotion_train.npy", matrix)
    file = packed(tmp_path, react, lists=".", appropriateness=".")
    assert [name.split("/", 2)[2].removesuffix("_video/1.mp4") for name in file.names] == [
        "NoXI/s1/Novice", "NoXI/s0/Novice", "NoXI/s1/Expert", "NoXI/s0/Expert"
    ]  # fmt: skip
    assert file.appropriate[1, 2] == 1
    assert file.appropriate.sum() == 6
    assert file.about["counts"]["listed, but it or its partner is not there"] == 2


def test_nothing_to_pack(tmp_path):
    with pytest.raises(InputError, match="no two recordings are partners"):
        packed(tmp_path, [toy.clip(tmp_path, "a", None), toy.clip(tmp_path, "b", None)])
    with pytest.raises(InputError, match="no dyad is in the training split"):
        packed(tmp_path, toy.dyad(tmp_path, 0, "test"))


def test_files_that_are_not_packed_dyads(tmp_path):
    with pytest.raises(InputError, match="run `dvc repro pack@reaction`"):
        load(tmp_path / "none.h5")
    (tmp_path / "text.h5").write_text("nothing")
    with pytest.raises(InputError, match="not a packed reaction file"):
        load(tmp_path / "text.h5")
