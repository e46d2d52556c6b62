import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.errors import InputError
from faceloom.store import load_clips, slug, write_table
from faceloom.store.records import IMAGE, images


@given(st.text(min_size=1), st.text(min_size=1))
def test_slug_is_safe_and_unique(one, other):
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in slug(one))
    assert one == other or slug(one) != slug(other)


def test_images_follow_the_hugging_face_convention():
    column = images([b"x", None])
    assert column.type == IMAGE
    assert column.to_pylist() == [{"bytes": b"x", "path": None}, None]


def test_write_table_needs_a_chunk(tmp_path):
    with pytest.raises(ValueError, match="no chunk"):
        write_table(tmp_path / "t.parquet", iter(()))


def test_floats_are_written_as_streams_of_their_bytes(tmp_path):
    table = pa.table(
        {
            "frame": pa.array([0, 1], pa.int32()),
            "x": pa.array([0.5, None], pa.float32()),
            "points": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float32(), 2)),
            "image": images([b"x", None]),
        }
    )
    assert write_table(tmp_path / "t.parquet", [table]) == 2
    with pq.ParquetFile(tmp_path / "t.parquet") as file:
        group = file.metadata.row_group(0)
        encodings = {group.column(i).path_in_schema: group.column(i).encodings for i in range(group.num_columns)}
    assert {path for path, used in encodings.items() if "BYTE_STREAM_SPLIT" in used} == {"x", "points.list.element"}
    assert pq.read_table(tmp_path / "t.parquet").equals(table)


def catalog(tmp_path, **extra):
    row = {"clip": "a.mp4", "digest": "d", "n_frames": 3, "start": 0.0, "status": "ok", "openface": None} | extra
    pq.write_table(pa.Table.from_pylist([row, row | {"clip": "b.mp4", "status": "bad"}]), tmp_path / "c.parquet")
    return tmp_path / "c.parquet"


def test_bad_clips_are_left_out(tmp_path):
    assert [clip.clip for clip in load_clips(catalog(tmp_path), tmp_path)] == ["a.mp4"]


def test_a_sidecar_is_part_of_the_digest(tmp_path):
    path = catalog(tmp_path, openface="a.csv")
    (tmp_path / "a.csv").write_text("1")
    plain = load_clips(path, tmp_path)[0]
    one = load_clips(path, tmp_path, sidecars=("openface",))[0]
    (tmp_path / "a.csv").write_text("2")
    two = load_clips(path, tmp_path, sidecars=("openface",))[0]
    assert len({plain.digest, one.digest, two.digest}) == 3
    assert one.sidecars["openface"] == tmp_path / "a.csv"


def test_a_missing_stage_is_named(tmp_path):
    with pytest.raises(InputError, match=r"faces/index.parquet: no such file; run the stage"):
        load_clips(catalog(tmp_path), tmp_path, {"faces": tmp_path / "faces"})
