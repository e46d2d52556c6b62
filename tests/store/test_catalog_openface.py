import pytest
from films import click, film, steady

from faceloom.store.sidecars import match, openface_columns

HEADER = "frame, face_id, timestamp, confidence, success, AU01_r, AU12_r, AU01_c"


def table(n, fps=30.0, faces=1, header=HEADER):
    lines = [f"{k + 1}, {face}, {k / fps:.3f}, 0.98, 1, 0.5, 1.5, 1" for k in range(n) for face in range(faces)]
    return "\n".join([header, *lines, ""]).encode()


def test_a_csv_is_known_by_its_header(recordings):
    assert openface_columns(recordings.put("a.csv", table(3)))
    assert openface_columns(recordings.put("b.csv", table(3, header=HEADER.replace(", ", ","))))
    assert openface_columns(recordings.put("c.csv", b"emotion,pixels\n0,1 2 3\n")) is None
    assert openface_columns(recordings.put("d.csv", b"AU1,AU2\n1,0\n")) is None
    assert openface_columns(recordings.put("e.csv", b"")) is None


def test_beside_a_recording_it_is_part_of_its_row(recordings):
    film(recordings.root / "a.mp4", steady(50))
    recordings.put("a.csv", table(60))
    found = recordings.rows()
    assert list(found) == ["a.mp4"]
    assert found["a.mp4"]["openface"] == "a.csv"


def test_alone_it_is_a_clip_as_long_as_its_timestamps_say(recordings):
    recordings.put("talk/a.csv", table(60))
    row = recordings.rows()["talk/a.csv"]
    assert (row["status"], row["has_video"], row["has_audio"], row["n_frames"]) == ("ok", False, False, 50)
    assert row["openface"] == "talk/a.csv"
    assert row["source_fps"] == pytest.approx(30, abs=0.1)
    assert row["start"] == 0
    assert row["split"]


def test_several_faces_and_a_cut_last_line(recordings):
    content = table(60, faces=2)
    recordings.put("a.csv", content[:-12])
    row = recordings.rows()["a.csv"]
    assert row["n_frames"] == 50
    assert row["source_frames"] == 60


def test_without_times_it_is_a_bad_row(recordings):
    film(recordings.root / "good.mp4", steady(5))
    recordings.put("a.csv", table(60, header=HEADER.replace("timestamp", "clock")))
    recordings.put("b.csv", table(60, fps=1e9))
    recordings.put("c.csv", (HEADER + "\n").encode())
    recordings.put("sub/d.csv", (HEADER + "\n1, 0, soon, 0.9, 1, 1, 1, 1\n").encode())
    found = recordings.rows()
    assert found["sub/d.csv"]["reason"].startswith("sub/d.csv: not a readable OpenFace CSV (")
    assert "without a `timestamp` column" in found["a.csv"]["reason"]
    assert "do not advance" in found["b.csv"]["reason"]
    assert "do not advance" in found["c.csv"]["reason"]


def test_of_two_recordings_with_its_stem_the_one_of_its_length_gets_it_and_the_other_is_told(recordings):
    film(recordings.root / "a.avi", steady(20), codec="mpeg4")
    film(recordings.root / "a.mp4", steady(50))
    recordings.put("a.csv", table(60))
    found = recordings.rows()
    assert (found["a.avi"]["openface"], found["a.mp4"]["openface"]) == (None, "a.csv")
    assert found["a.avi"]["reason"] == "a.csv was taken for a.mp4; if it is this clip's, name it a.avi.csv."
    assert found["a.avi"]["status"] == "ok"


def test_a_full_name_decides():
    clips = {"a.avi": (True, 2.0), "a.mp4": (True, 2.0), "a.wav": (False, 9.0), "b/a.mp4": (True, 9.0)}
    spans = {"a.avi.csv": 9.0, "a.csv": 9.0, "c.csv": 9.0, "b/a.csv": 1.0}
    owners = {"a.avi.csv": "a.avi", "a.csv": "a.mp4", "b/a.csv": "b/a.mp4"}
    assert match(sorted(spans), clips, spans) == owners


def test_sound_of_one_stem_is_no_rival(recordings):
    film(recordings.root / "a.mp4", steady(50))
    film(recordings.root / "a.wav", sound=click(2, 0.5))
    recordings.put("a.csv", table(60))
    found = recordings.rows()
    assert found["a.mp4"]["openface"] == "a.csv"
    assert (found["a.wav"]["openface"], found["a.wav"]["reason"]) == (None, None)


def test_rows_a_millisecond_apart_are_no_video_and_the_row_says_so(recordings):
    recordings.put("a.csv", table(100, fps=1000))
    row = recordings.rows()["a.csv"]
    assert (row["status"], row["n_frames"]) == ("ok", 3)
    assert "1000 rows a second" in row["reason"]


def test_a_bad_recordings_csv_is_still_a_clip(recordings):
    recordings.put("a.mp4", b"")
    recordings.put("a.csv", table(60))
    found = recordings.rows()
    assert found["a.mp4"]["status"] == "bad"
    assert found["a.csv"]["n_frames"] == 50


@pytest.mark.shared
def test_real_openface_tables(real):
    found = real("datasets/openface")
    assert {clip: row["n_frames"] for clip, row in found.items()} == {
        "2people_60fps_p0.csv": 776, "2people_60fps_p1.csv": 776, "OpenFace_Test.csv": 3,
    }  # fmt: skip
    assert found["2people_60fps_p0.csv"]["source_fps"] == pytest.approx(58, abs=0.1)
