import numpy as np
import pytest

from faceloom.errors import InputError
from faceloom.facs import AU_COLUMNS
from faceloom.features.head_pose import angles_of, rotation_of
from faceloom.features.openface import ROTATION, head_angles, on_grid, read


def write(path, rows, columns=("frame", "timestamp", "confidence", "success", *ROTATION, *AU_COLUMNS)):
    lines = [", ".join(columns)] + [", ".join(str(row.get(name, 0)) for name in columns) for row in rows]
    path.write_text("\n".join(lines) + "\n")
    return path


def row(k, fps=60, **values):
    return {"frame": k, "timestamp": round(k / fps, 3), "confidence": 0.98, "success": 1, **values}


def test_sixty_rows_a_second_become_twenty_five(tmp_path):
    path = write(tmp_path / "a.csv", [row(k, AU12_r=k / 60) for k in range(121)])
    values = on_grid(read(path), ("AU12_r",), 0, 50)[:, 0]
    assert values == pytest.approx(np.arange(50) / 25, abs=0.01)


def test_names_have_no_spaces(tmp_path):
    assert "AU45_r" in read(write(tmp_path / "a.csv", [row(0)])).columns


@pytest.mark.parametrize("bad", [{"success": 0}, {"confidence": 0.2}, {"AU04_r": "nan"}])
def test_bad_rows_are_no_face(tmp_path, bad):
    rows = [row(k, 25, **(bad if 10 <= k < 30 else {})) for k in range(50)]
    values = on_grid(read(write(tmp_path / "a.csv", rows)), ("AU12_r",), 0, 50)[:, 0]
    assert np.isnan(values[10:30]).all()
    assert np.isfinite(values[:10]).all()
    assert np.isfinite(values[30:]).all()


def test_a_short_dropout_is_bridged(tmp_path):
    rows = [row(k, 25, AU12_r=1, success=int(k not in (10, 11))) for k in range(20)]
    assert on_grid(read(write(tmp_path / "a.csv", rows)), ("AU12_r",), 0, 20)[:, 0] == pytest.approx(1)


def test_nothing_is_invented_beyond_the_ends(tmp_path):
    rows = [row(k, 25) for k in range(10, 20)]
    values = on_grid(read(write(tmp_path / "a.csv", rows)), ("AU12_r",), 0, 30)[:, 0]
    assert np.flatnonzero(np.isfinite(values)).tolist() == list(range(10, 20))


def test_windows_do_not_change_values(tmp_path):
    rows = read(write(tmp_path / "a.csv", [row(k, AU12_r=k % 7) for k in range(300)]))
    halves = [on_grid(rows, ("AU12_r",), *ends) for ends in ((0, 60), (60, 120))]
    assert np.array_equal(np.concatenate(halves), on_grid(rows, ("AU12_r",), 0, 120), equal_nan=True)


def test_the_face_that_is_seen_most_is_taken(tmp_path):
    columns = ("face_id", "timestamp", "success", *AU_COLUMNS)
    rows = [row(k, 25, face_id=k % 3 == 0, AU12_r=3 * (k % 3 == 0)) for k in range(30)]
    path = write(tmp_path / "a.csv", [{**r, "face_id": int(r["face_id"])} for r in rows], columns)
    assert (read(path)["AU12_r"] == 0).all()


def test_a_missing_column_is_named(tmp_path):
    columns = ("frame", "timestamp", *AU_COLUMNS[:-1])
    with pytest.raises(InputError, match=r"a\.csv: column `AU45_r` is missing"):
        read(write(tmp_path / "a.csv", [row(0)], columns))


def test_no_table_is_one_sentence(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("")
    with pytest.raises(InputError, match=r"a\.csv: not a CSV table"):
        read(path)


def test_angles_follow_the_contract():
    """OpenFace's axes: x right, y down, z away; a nose that points to the viewer is (0, 0, -1)."""
    down, left = head_angles(np.array([[0.3, 0, 0], [0, -0.3, 0]]))
    assert down == pytest.approx((0, -np.rad2deg(0.3), 0), abs=1e-3)
    assert left == pytest.approx((np.rad2deg(0.3), 0, 0), abs=1e-3)
    assert head_angles(np.array([[0, 0, 0.2]]))[0] == pytest.approx((0, 0, np.rad2deg(0.2)), abs=1e-3)


def test_angles_are_those_of_one_rotation():
    angles = head_angles(np.array([[0.2, -0.4, 0.1]]))
    assert angles_of(rotation_of(angles)) == pytest.approx(angles, abs=1e-3)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["OpenFace_Test", "2people_60fps_p0", "2people_60fps_p1"])
def test_real_files_run_through(shared, name):
    rows = read(shared / "datasets" / "openface" / f"{name}.csv")
    last = int(rows["timestamp"].iloc[-1] * 25) + 1
    values = on_grid(rows, AU_COLUMNS, 0, last)
    assert np.isfinite(values).mean() > 0.99
    assert np.nanmin(values) >= 0
    assert np.nanmax(values) <= 5
