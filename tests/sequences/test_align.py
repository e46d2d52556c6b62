import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.errors import InputError
from faceloom.facs import AU_COLUMNS
from faceloom.sequences.align import Align, csv_table, merge, rechunk, write_csv
from faceloom.store import Clip, ClipTable, write_table

N = 600


def facial(n=N):
    columns = {"frame": np.arange(n, dtype=np.int32), "is_face": np.arange(n) >= 5}
    columns |= {au: np.where(np.arange(n) >= 5, 1.5, np.nan) for au in AU_COLUMNS}
    landmarks = pa.array([[0.0, 1.0]] * n)
    return pa.table({**columns, "landmarks": landmarks, "confidence": np.full(n, 0.9), "source": ["estimator"] * n})


def pose(n=N):
    return pa.table({"frame": np.arange(n, dtype=np.int32), "yaw": np.arange(n) / 10.0, "is_face": np.zeros(n, bool)})


def audio(n=N):
    names = ["F0raw", "F0final", *(f"mfcc[{k}]" for k in range(26)), "jitterLocal", "shimmerLocal", "HNR", "loudness"]
    columns = {name: np.full(n, float(k)) for k, name in enumerate(names)}
    return pa.table({"frame": np.arange(n, dtype=np.int32), **columns, "is_voiced": np.arange(n) % 2 == 0})


def windows(table, rows):
    return [table.slice(first, rows) for first in range(0, len(table), rows)]


def record(folder, n_frames=N, **tables):
    found = {}
    for name, table in tables.items():
        write_table(folder / f"{name}.parquet", windows(table, 250))
        found[name] = ClipTable(folder / f"{name}.parquet", 0, -(-len(table) // 250))
    return Clip("a.mp4", "digest", n_frames, folder / "a.mp4", {}, tables=found)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=6), st.integers(1, 300))
def test_windows_of_another_size_hold_the_same_rows(sizes, rows):
    table = pa.table({"x": np.arange(sum(sizes))})
    firsts = np.cumsum([0, *sizes])
    again = list(rechunk([table.slice(a, n) for a, n in zip(firsts, sizes, strict=False)], rows))
    assert pa.concat_tables(again)["x"].to_pylist() == list(range(sum(sizes)))
    assert {len(chunk) for chunk in again[:-1]} <= {rows}


def test_the_merged_table_has_every_scalar_once(tmp_path):
    clip = record(tmp_path, facial=facial(), pose=pose(), audio=audio())
    summary = Align()(clip, tmp_path)
    merged = ClipTable(tmp_path / "table.parquet", 0, 3).read()
    assert merged.column_names[:2] == ["frame", "time"]
    assert {"yaw", "mfcc[25]", "AU45_r", "confidence", "source", "is_voiced"} < set(merged.column_names)
    assert "landmarks" not in merged.column_names
    assert merged["time"][30].as_py() == 30 / 25
    assert summary == {"face_frames": N - 5, "voiced_frames": N // 2}  # is_face of facial, not of pose
    assert np.isnan(merged["AU01_r"][0].as_py())


def test_tables_that_disagree_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="different frames"):
        list(merge([windows(facial(), 100), windows(pose(N + 50), 100)], "a.mp4"))
    short = record(tmp_path, n_frames=N + 1, facial=facial(), pose=pose(), audio=audio())
    with pytest.raises(InputError, match="600 aligned rows for 601 frames"):
        Align()(short, tmp_path)


def test_the_csv_of_the_reference(tmp_path):
    merged = list(merge([[facial()], [pose()], [audio()]], "a.mp4"))
    write_csv(tmp_path / "a.csv", merged)
    header = (tmp_path / "a.csv").read_text().splitlines()[0]
    assert header.startswith("timestamp;face_id;F0raw;F0final;mfcc[0];mfcc[1];")
    assert header.split(";")[4:19] == [f"mfcc[{k}]" for k in range(15)]
    assert header.split(";")[19:] == ["jitterLocal", "shimmerLocal", "HNR", *AU_COLUMNS]
    read = pd.read_csv(tmp_path / "a.csv", sep=";", dtype={"face_id": int})  # as reference 1 reads it
    assert len(read) == N
    assert read["timestamp"].tolist() == pytest.approx([k / 25 for k in range(N)])
    assert read["face_id"].tolist() == [-1] * 5 + [0] * (N - 5)
    assert read["AU01_r"].isna().sum() == 5
    assert csv_table(merged[0]).num_columns == 5 + 17 + 17
