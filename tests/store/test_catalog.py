import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from films import click, film, steady

from faceloom.errors import InputError
from faceloom.store import Runtime, load_clips, write_table
from faceloom.store.catalog import SCHEMA, build, check

SERIAL = Runtime("serial", 1, "cpu", 8, None)


@pytest.fixture
def one(tmp_path):
    """A recording to copy."""
    return film(tmp_path / "one.mp4", steady(10), sound=click(0.4, 0.1), sound_codec="aac").read_bytes()


def test_a_row_has_all_that_the_contract_names(recordings, one):
    recordings.put("a.mp4", one)
    row = recordings.rows()["a.mp4"]
    assert list(row) == SCHEMA.names
    assert row["status"] == "ok"
    assert row["reason"] is None
    assert len(row["digest"]) == 32
    assert row["bytes"] == len(one)
    assert (row["has_video"], row["has_audio"], row["n_frames"], row["layout"]) == (True, True, 10, "folder")
    assert row["group"] == "a.mp4"
    assert row["split"] in ("train", "val", "test")


def test_nested_folders_spaces_unicode_and_capitals(recordings, one):
    names = ["a b/c d.mp4", "日本/Zoë çà.MP4", "deep/er/and/deeper/x.MOV"]
    for name in names:
        recordings.put(name, one)
    found = recordings.rows()
    assert sorted(found) == sorted(names)
    assert {row["status"] for row in found.values()} == {"ok"}


def test_hidden_files_and_other_things_are_not_recordings(recordings, one):
    recordings.put("a.mp4", one)
    for name in (".b.mp4", ".hidden/c.mp4", "._a.mp4", "notes.txt", "a.align", "a.truth.parquet", "x.csv", "README.md"):
        recordings.put(name, b"a,b\n1,2\n")
    assert list(recordings.rows()) == ["a.mp4"]
    assert recordings.rows()["a.mp4"]["truth"] == "a.truth.parquet"


def test_bad_files_are_rows_with_a_reason_and_the_others_go_on(recordings, one, tmp_path):
    recordings.put("good.mp4", one)
    recordings.put("in a folder/empty.mp4", b"")
    recordings.put("text.mp4", b"hello, this is no film\n" * 100)
    recordings.put("cut.mp4", one[: len(one) * 2 // 3])
    (recordings.root / "folder.mp4").mkdir()
    (recordings.root / "link.mp4").symlink_to(tmp_path / "nowhere")
    found = recordings.rows()
    assert {clip: row["status"] for clip, row in found.items()} == {
        "good.mp4": "ok",
        **dict.fromkeys(("in a folder/empty.mp4", "text.mp4", "cut.mp4", "folder.mp4", "link.mp4"), "bad"),
    }
    for clip in found.keys() - {"good.mp4"}:
        reason = found[clip]["reason"]
        assert reason.startswith(f"{clip}: ")
        assert reason.endswith(".")
        assert found[clip]["n_frames"] is None
        assert found[clip]["split"] is None


def test_a_folder_that_cannot_be_read_is_a_bad_row(recordings, one, monkeypatch):
    recordings.put("a.mp4", one)
    recordings.put("secret/b.mp4", one)
    listing = Path.iterdir

    def forbidden(folder):
        if folder.name == "secret":
            raise PermissionError(13, "Permission denied")
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", forbidden)  # as root every folder can be read
    found = recordings.rows()
    assert found["a.mp4"]["status"] == "ok"
    assert found["secret"]["reason"] == "secret: a folder, not a recording; rename it or make it readable."


def test_a_name_that_is_not_utf_8(recordings, one):
    import os

    recordings.put("a.mp4", one)
    recordings.put(os.fsdecode(b"caf\xe9.mp4"), one)
    bad = [row for row in recordings.rows().values() if row["status"] == "bad"]
    assert len(bad) == 1
    assert "not valid UTF-8" in bad[0]["reason"]


def test_two_files_with_one_stem_are_two_clips(recordings, one):
    recordings.put("a.mp4", one)
    film(recordings.root / "a.mkv", steady(20))
    film(recordings.root / "a.wav", sound=click(1, 0.5))
    found = recordings.rows()
    assert sorted(found) == ["a.mkv", "a.mp4", "a.wav"]
    assert [found[clip]["n_frames"] for clip in sorted(found)] == [20, 10, 25]


def test_a_copy_is_in_its_originals_group(recordings, one):
    recordings.put("a.mp4", one)
    film(recordings.root / "b.mp4", steady(20))
    before = recordings.rows()
    recordings.put("z/copy of a.mp4", one)
    found = recordings.rows()
    assert found["z/copy of a.mp4"]["group"] == found["a.mp4"]["group"] == before["a.mp4"]["group"] == "a.mp4"
    assert found["z/copy of a.mp4"]["reason"] == "z/copy of a.mp4: the same content as a.mp4; they share a group."
    assert found["a.mp4"]["reason"] is None
    assert found["b.mp4"]["group"] == "b.mp4"


def test_linked_folders_are_followed_once(recordings, one, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.mp4").write_bytes(one)
    (recordings.root / "there").symlink_to(tmp_path / "elsewhere")
    (recordings.root / "there" / "back").symlink_to(recordings.root)
    assert list(recordings.rows()) == ["there/x.mp4"]


def test_no_folder_no_recordings_and_nothing_usable_are_bad_input(recordings):
    with pytest.raises(InputError, match=r"nowhere: no such folder; set catalog\.recordings"):
        build(recordings.root / "nowhere", "auto", 0.15, 0.15, SERIAL)
    with pytest.raises(InputError, match="holds no recordings"):
        recordings.table()
    recordings.put("empty.mp4", b"")
    table = recordings.table()
    with pytest.raises(InputError, match=r"none of 1 recordings can be used; the first: empty\.mp4"):
        check(table, 1.0)


def test_too_many_bad_files_fail_the_stage(recordings, one):
    for name in "abc":
        recordings.put(f"{name}.mp4", one)
    recordings.put("empty.mp4", b"")
    table = recordings.table()
    assert len(check(table, 0.25)) == 1
    with pytest.raises(InputError, match=r"1 of 4 recordings cannot be used, more than catalog\.max_failed_fraction"):
        check(table, 0.2)


def test_the_studio_links_and_splits_by_session(recordings, one):
    clips = {}
    for dyad in range(6):
        names = [f"dyad-{dyad}/{role}.mp4" for role in ("speaker", "listener")]
        for name, other, role in zip(names, names[::-1], ("speaker", "listener"), strict=True):
            recordings.put(name, one + bytes(f"{dyad}{role}", "ascii"))
            recordings.put(name.replace(".mp4", ".truth.parquet"), b"")
            clips[name] = {"subject": f"{dyad}-{role}", "session": f"dyad-{dyad}", "role": role, "partner": other}
    (recordings.root / "studio.json").write_text(json.dumps({"synthetic": True, "clips": clips}))
    found = recordings.rows()
    assert {row["layout"] for row in found.values()} == {"studio"}
    for clip, row in found.items():
        partner = found[row["partner"]]
        assert partner["partner"] == clip
        assert partner["group"] == row["group"]
        assert partner["split"] == row["split"]
        assert row["truth"] == clip.replace(".mp4", ".truth.parquet")
    assert {row["split"] for row in found.values()} == {"train", "val", "test"}


def test_a_broken_studio_file_is_bad_input(recordings, one):
    recordings.put("a.mp4", one)
    recordings.put("studio.json", b'{"clips": {')
    with pytest.raises(InputError, match=r"studio\.json: not valid JSON"):
        recordings.rows()


def test_react_keeps_its_own_split_and_a_bad_partner_is_no_partner(recordings, one):
    session = "val/Video_files/NoXI/001/"
    for name in ("Expert_video/1.mp4", "Expert_video/2.mp4", "Novice_video/1.mp4"):
        recordings.put(session + name, one)
    recordings.put(session + "Novice_video/2.mp4", b"")
    found = recordings.rows()
    assert {row["split"] for row in found.values() if row["status"] == "ok"} == {"val"}
    assert found[session + "Expert_video/1.mp4"]["partner"] == session + "Novice_video/1.mp4"
    assert found[session + "Expert_video/2.mp4"]["partner"] is None


def test_processes_and_a_second_run_give_the_same_bytes(recordings, one, tmp_path, monkeypatch):
    monkeypatch.setattr("faceloom.store.catalog.FEW", 0)
    for k in range(4):
        recordings.put(f"{k}.mp4", one)
    written = []
    for k, runtime in enumerate((SERIAL, replace(SERIAL, executor="process", workers=2))):
        write_table(tmp_path / f"{k}.parquet", [recordings.table(runtime=runtime)])
        written.append((tmp_path / f"{k}.parquet").read_bytes())
    assert written[0] == written[1]


def test_the_stages_read_it(recordings, one, tmp_path):
    recordings.put("a.mp4", one)
    write_table(tmp_path / "catalog.parquet", [recordings.table()])
    (clip,) = load_clips(tmp_path / "catalog.parquet", recordings.root)
    assert clip.source.read_bytes() == one
    assert clip.n_frames == 10
    assert pq.read_schema(tmp_path / "catalog.parquet").names == SCHEMA.names


@pytest.mark.shared
def test_grid_is_40_clips_of_75_frames(real):
    found = real("recordings/grid")
    assert len(found) == 40
    assert {row["status"] for row in found.values()} == {"ok"}
    assert {row["n_frames"] for row in found.values()} == {75}
    assert {(row["source_frames"], row["source_fps"], row["has_audio"]) for row in found.values()} == {(75, 25.0, True)}


@pytest.mark.shared
def test_real_clips_all_have_a_row(real):
    found = real("recordings/clips")
    assert {row["status"] for row in found.values()} == {"ok"}
    assert {clip: row["n_frames"] for clip, row in found.items()} == {
        "a.mp4": 300, "demo1.mp4": 250, "face_noface.mov": 160, "no_face.mp4": 99, "noface_face.mov": 160,
        "single_face.mp4": 60, "sun.mp4": 550,
    }  # fmt: skip
    assert np.isclose(found["face_noface.mov"]["source_fps"], 26.4, atol=0.1)
