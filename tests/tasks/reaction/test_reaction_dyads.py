"""Pairs from the catalog's links and from the challenge's files."""

import numpy as np
import pytest
from toy_dyads import attributes, write_attributes

from faceloom.errors import InputError
from faceloom.facs import REACT_ATTRIBUTES
from faceloom.tasks.reaction import challenge, dyads


def row(clip, partner, split="train", role=None):
    return {"clip": clip, "partner": partner, "split": split, "role": role}


def test_both_directions_in_the_published_order():
    rows = [
        row("b/listener", "b/speaker", role="listener"),
        row("b/speaker", "b/listener", role="speaker"),
        row("a/x", "a/y"),
        row("a/y", "a/x"),
        row("c/novice", "c/expert", "test", "novice"),
        row("c/expert", "c/novice", "test", "expert"),
    ]
    pairs, skipped = dyads.from_links(rows)
    who = dyads.arrange(pairs, {"train": 2, "test": 1})
    assert who.clips == ("a/x", "b/speaker", "a/y", "b/listener", "c/expert", "c/novice")
    assert who.partner.tolist() == [2, 3, 0, 1, 5, 4]
    assert who.split.tolist() == [0, 0, 0, 0, 2, 2]
    assert who.places.tolist() == [0, 1, 2, 3, 0, 1]
    assert not skipped


def test_clips_without_a_partner_are_counted_by_reason():
    rows = [
        row("alone", None),
        row("left", "gone"),
        row("a", "b"),
        row("b", "c"),
        row("c", "b"),
        row("x", "y", "train"),
        row("y", "x", "test"),
    ]
    pairs, skipped = dyads.from_links(rows)
    assert [(pair.first, pair.second) for pair in pairs] == [("b", "c")]
    assert skipped == {
        "no partner": 1,
        "partner could not be extracted": 1,
        "partner has another partner": 1,
        "partner in another split": 2,
    }


@pytest.fixture
def react(tmp_path):
    clips = [f"{split}/Video_files/NoXI/s{k}/{who}_video/1.mp4" for split in ("train", "val") for k in range(3)
             for who in ("Expert", "Novice")]  # fmt: skip
    names = [f"NoXI/s{k}/{{}}_video/1" for k in (2, 0, 1)]
    lines = "\n".join(f"{k},{name.format('Novice')},{name.format('Expert')}" for k, name in enumerate(names))
    (tmp_path / "train_idx.csv").write_text(lines + "\n")
    (tmp_path / "val.csv").write_text("index,speaker_path,listener_path\n" + lines.replace("_video/1", "_video/1.mp4"))
    return tmp_path, clips


def test_lists_of_the_challenge_give_order_and_pairs(react):
    folder, clips = react
    lists = challenge.read_lists(folder)
    pairs, skipped = dyads.from_lists(lists, challenge.names(clips))
    assert [len(rows) for rows in lists.values()] == [3, 3]
    assert not skipped
    who = dyads.arrange(pairs, {"train": 3, "val": 3})
    assert who.clips[0] == "train/Video_files/NoXI/s2/Novice_video/1.mp4"
    assert who.clips[3] == "train/Video_files/NoXI/s2/Expert_video/1.mp4"
    assert who.clips[6].startswith("val/")


def test_a_listed_recording_that_is_missing_takes_its_partner_along(react):
    folder, clips = react
    left = [clip for clip in clips if clip != "train/Video_files/NoXI/s0/Expert_video/1.mp4"]
    pairs, skipped = dyads.from_lists(challenge.read_lists(folder), challenge.names(left))
    who = dyads.arrange(pairs, {"train": 3, "val": 3})
    assert skipped == {"listed, but it or its partner is not there": 2}
    assert who.places[who.split == 0].tolist() == [0, 2, 3, 5]  # rows of the matrix for six clips
    assert who.listed["train"] == 6


def test_lists_that_fit_nothing(react, tmp_path):
    folder, _ = react
    with pytest.raises(InputError, match="no listed pair"):
        dyads.from_lists(challenge.read_lists(folder), challenge.names(["train/other.mp4"]))
    with pytest.raises(InputError, match="holds no train_idx"):
        challenge.read_lists(tmp_path / "nowhere")
    (tmp_path / "test_idx.csv").write_text("0,a/b\n1,only\n")
    with pytest.raises(InputError, match="row 1 does not name two"):
        challenge.read_list(tmp_path / "test_idx.csv")


def test_attribute_tables_are_found_beside_their_videos(tmp_path):
    written = write_attributes(tmp_path / "val/Emotion/RECOLA/group-1/P25/1.csv", attributes(3))
    assert challenge.attribute_file(tmp_path, "val/Video_files/RECOLA/group-1/P25/1.mp4") == written
    assert challenge.attribute_file(tmp_path, "val/Video_files/RECOLA/group-1/P25/2.mp4") is None
    assert challenge.attribute_file(tmp_path, "dyad-000/speaker.mp4") is None


def test_attributes_are_read_by_name_in_any_order_and_spelling(tmp_path):
    values = attributes(751)
    assert np.allclose(challenge.read_attributes(write_attributes(tmp_path / "a.csv", values)), values, atol=1e-5)
    names = [name.replace("AU0", "AU") if name[:2] == "AU" else name.title() for name in REACT_ATTRIBUTES]
    order = np.random.default_rng(0).permutation(25)
    shuffled = write_attributes(tmp_path / "b.csv", values[:, order], [names[k] for k in order])
    assert np.allclose(challenge.read_attributes(shuffled), values, atol=1e-5)
    strange = write_attributes(tmp_path / "c.csv", values, [f"column {k}" for k in range(25)])
    assert np.allclose(challenge.read_attributes(strange), values, atol=1e-5)


def test_empty_cells_are_nan(tmp_path):
    values = attributes(5)
    values[2, 16] = np.nan
    assert np.isnan(challenge.read_attributes(write_attributes(tmp_path / "a.csv", values))).sum() == 1


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace(",arousal", ",other"), "column `arousal` is missing"),
        (lambda text: "\n".join(line.rpartition(",")[0] for line in text.splitlines()), "`contempt` is missing"),
        (lambda text: text.split("\n", 1)[1], "first row is numbers"),
        (lambda text: text.replace("\n1,", "\nyes,").replace("\n0,", "\nyes,"), "no number"),
        (lambda _: "", "not a CSV table"),
    ],
)
def test_attribute_tables_that_are_wrong(tmp_path, spoil, message):
    path = write_attributes(tmp_path / "1.csv", attributes(4))
    path.write_text(spoil(path.read_text()))
    with pytest.raises(InputError, match=message):
        challenge.read_attributes(path)
