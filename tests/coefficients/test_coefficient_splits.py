"""Held-out clips are of people that training has not seen."""

from pathlib import Path

import pytest

from faceloom.coefficients.splits import divide
from faceloom.errors import InputError

DATA = Path("data")


def clips(split, sessions, people=("Expert_video", "Novice_video")):
    return [f"{split}/3D_FV_files/NoXI/{session}/{person}/1.npy" for session in sessions for person in people]


def test_the_challenges_splits_hold():
    names = {split: clips(split, [f"{split}-{k}" for k in range(3)]) for split in ("train", "val", "test")}
    own = {name: split for split, listed in names.items() for name in listed}
    assert divide(list(own), DATA) == own


def test_without_its_test_split_val_is_held_out():
    training, held_out = clips("train", map(str, range(12))), clips("val", ("x", "y"))
    split = divide([*training, *held_out], DATA)
    assert all(split[name] == "test" for name in held_out)
    assert {split[name] for name in training} == {"train", "val"}
    for k in range(0, len(training), 2):  # a session's two people
        assert split[training[k]] == split[training[k + 1]]


@pytest.mark.parametrize(
    "names",
    [
        clips("train", map(str, range(12))),  # one split of the challenge
        [name.removeprefix("train/") for name in clips("train", map(str, range(12)))],  # its folder itself
    ],
)
def test_one_split_is_divided_by_sessions(names):
    split = divide(names, Path("train"))
    assert set(split.values()) == {"train", "val", "test"}
    for k in range(0, len(names), 2):
        assert split[names[k]] == split[names[k + 1]]
    assert divide(names[::-1], Path("train")) == split


def test_in_any_other_folder_a_clip_is_its_own_group():
    names = [f"3D_FV_files/{k}.npy" for k in range(9)]
    assert set(divide(names, DATA).values()) == {"train", "val", "test"}


def test_two_clips_train_and_score():
    assert divide(["3D_FV_files/a.npy", "3D_FV_files/b.npy"], DATA) == {
        "3D_FV_files/a.npy": "train",
        "3D_FV_files/b.npy": "test",
    }
    assert divide([*clips("train", "a"), *clips("val", "b")], DATA) == dict.fromkeys(
        clips("train", "a"), "train"
    ) | dict.fromkeys(clips("val", "b"), "test")


@pytest.mark.parametrize("sessions", [[str(k)] for k in range(20)] + [[str(k), str(k + 1)] for k in range(20)])
def test_few_training_sessions_are_not_all_taken_for_validation(sessions):
    split = divide([*clips("train", sessions), *clips("val", "xyz")], DATA)
    assert list(split.values()).count("train") == 2
    assert list(split.values()).count("val") == 2 * len(sessions) - 2


def test_one_session_is_refused():
    with pytest.raises(InputError, match="all clips show one person or session"):
        divide(clips("train", "a"), DATA)
