from hypothesis import given
from hypothesis import strategies as st

from faceloom.sequences.splits import assign, groups

NAMES = st.lists(st.text("abcdefgh0123456789/-", min_size=1, max_size=12), min_size=3, max_size=40, unique=True)


def test_a_clip_without_subject_and_session_is_its_own_group():
    assert groups({"a.mp4": [], "b.mp4": []}) == {"a.mp4": "a.mp4", "b.mp4": "b.mp4"}


def test_sessions_that_share_a_subject_are_one_group():
    found = groups(
        {
            "1/x.mp4": ["subject:x", "session:1"],
            "1/y.mp4": ["subject:y", "session:1"],
            "2/y.mp4": ["subject:y", "session:2"],
            "2/z.mp4": ["subject:z", "session:2"],
            "3/w.mp4": ["subject:w", "session:3"],
        }
    )
    assert len({found[clip] for clip in found if clip[0] in "12"}) == 1
    assert found["3/w.mp4"] == "session:3"
    assert len(set(found.values())) == 2


@given(st.dictionaries(st.text("abc", min_size=1), st.lists(st.sampled_from("123456"), max_size=3), max_size=12))
def test_whoever_shares_a_key_shares_a_group(keys):
    found = groups(keys)
    for a in keys:
        for b in keys:
            if set(keys[a]) & set(keys[b]):
                assert found[a] == found[b]


@given(NAMES)
def test_every_split_has_a_group_where_there_are_three(names):
    assert set(assign(names, 0.15, 0.15).values()) == {"train", "val", "test"}


@given(NAMES)
def test_the_order_of_the_groups_does_not_matter(names):
    assert assign(names, 0.15, 0.15) == assign(sorted(names, reverse=True), 0.15, 0.15)


def test_a_new_group_moves_no_other():
    names = [f"session:{k}" for k in range(60)]
    before = assign(names, 0.15, 0.15)
    after = assign([*names, "session:new"], 0.15, 0.15)
    assert {name: after[name] for name in names} == before


def test_shares_are_kept_in_the_mean():
    found = list(assign([f"clip-{k}.mp4" for k in range(4000)], 0.2, 0.1).values())
    assert abs(found.count("val") / 4000 - 0.2) < 0.02
    assert abs(found.count("test") / 4000 - 0.1) < 0.02


def test_a_share_of_zero_stays_empty():
    assert set(assign([f"{k}" for k in range(50)], 0.0, 0.2).values()) == {"train", "test"}
    assert set(assign(["a", "b", "c"], 0.0, 0.0).values()) == {"train"}


def test_two_groups_are_not_torn_into_three():
    assert len(assign(["a", "b"], 0.15, 0.15)) == 2
