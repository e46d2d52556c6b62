import pytest

from faceloom.errors import InputError
from faceloom.store.layouts import Place, detect, places

NOXI = "train/Video_files/NoXI/010_2016-03-25_Paris"
REACT = [
    f"{NOXI}/Expert_video/1.mp4",
    f"{NOXI}/Expert_video/2.mp4",
    f"{NOXI}/Novice_video/1.mp4",
    f"{NOXI}/Novice_video/2.mp4",
    "val/Video_files/RECOLA/group-1/P25/1.mp4",
    "val/Video_files/RECOLA/group-1/P26/1.mp4",
    "val/Video_files/RECOLA/group-2/P41/1.mp4",
    "test/Video_files/UDIVA/animals/008105/FC1_A/3.mp4",
    "test/Video_files/UDIVA/animals/008105/FC2_A/3.mp4",
]


def test_react_is_recognised_and_its_partners_linked():
    found = places(REACT, "auto")
    assert found[REACT[0]] == Place(
        "react",
        "NoXI/010_2016-03-25_Paris/expert",
        "NoXI/010_2016-03-25_Paris",
        "expert",
        f"{NOXI}/Novice_video/1.mp4",
        "train",
    )
    assert {clip: found[found[clip].partner].partner for clip in REACT if found[clip].partner} == {
        clip: clip for clip in REACT if "group-2" not in clip
    }
    assert found[REACT[1]].partner.endswith("Novice_video/2.mp4")
    assert found[REACT[4]].partner == REACT[5]
    assert found[REACT[4]].subject == "RECOLA/P25"
    assert found[REACT[6]].partner is None
    assert (found[REACT[7]].partner, found[REACT[7]].split) == (REACT[8], "test")
    assert [found[clip].split for clip in REACT] == ["train"] * 4 + ["val"] * 3 + ["test"] * 2


def test_react_below_another_folder_and_with_four_people_in_a_group():
    people = [f"data/train/Video_files/RECOLA/group-3/P{n}/1.mp4" for n in (45, 46, 47, 48)]
    found = places(people, "auto")
    assert [found[clip].partner for clip in people] == [people[1], people[0], people[3], people[2]]


def test_other_recordings_beside_react_are_ordinary_ones():
    assert places([*REACT, "mine.mp4"], "auto")["mine.mp4"] == Place("folder")


def test_a_folder_is_a_folder():
    assert detect(["a.mp4", "train/b.mp4", "train/Video_files/c.mp4"], studio=False) == "folder"
    assert places(["a.mp4"], "auto") == {"a.mp4": Place("folder")}
    assert places(REACT, "folder")[REACT[0]] == Place("folder")


def test_the_studio_says_who_is_who():
    content = {
        "synthetic": True,
        "clips": {
            "dyad-000/speaker.mp4": {
                "subject": "s1",
                "session": "dyad-000",
                "role": "speaker",
                "partner": "dyad-000/listener.mp4",
            },
            "dyad-000/listener.mp4": {
                "subject": "s2",
                "session": "dyad-000",
                "role": "listener",
                "partner": "gone.mp4",
            },
        },
    }
    found = places(["dyad-000/speaker.mp4", "dyad-000/listener.mp4", "mine.mp4"], "auto", content)
    assert found["dyad-000/speaker.mp4"] == Place("studio", "s1", "dyad-000", "speaker", "dyad-000/listener.mp4")
    assert found["dyad-000/listener.mp4"].partner is None
    assert found["mine.mp4"] == Place("folder")


def test_a_layout_that_is_not_there_is_bad_input():
    with pytest.raises(InputError, match=r"catalog\.layout: `react` needs"):
        places(["a.mp4"], "react")
    with pytest.raises(InputError, match=r"catalog\.layout: `studio` needs a studio\.json"):
        places(["a.mp4"], "studio")
