import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faceloom.errors import InputError
from faceloom.facs import AFFECT, AU_COLUMNS, AUS, EXPRESSIONS
from faceloom.features.face_table import from_lists
from faceloom.features.facial import Facial
from faceloom.features.landmarks import Landmarker, whole
from faceloom.features.pose import Pose
from faceloom.store import Clip, ClipTable, write_table
from faceloom.tasks.action_units.model import FEATURES, Linear, Model, save
from faces import astronaut, faces_table

SIZE = {"width": 640, "height": 480, "rotation": 0}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """An estimator with random weights around the astronaut's face."""
    rng = np.random.default_rng(0)
    outputs = len(AUS) + len(AFFECT) + len(EXPRESSIONS)
    points, _ = Landmarker()(astronaut(), whole(astronaut()), passes=2)
    template = (points - points.mean(axis=0)) * np.float32([1, -1, -1]) / 50
    linear = Linear(
        np.zeros(len(FEATURES), np.float32),
        np.ones(len(FEATURES), np.float32),
        rng.normal(size=(len(FEATURES), outputs)).astype(np.float32) / 50,
        np.full(outputs, 1.0, np.float32),
    )
    folder = tmp_path_factory.mktemp("model")
    save(Model(template, linear, linear, {}), folder)
    return folder


def clip_of(tmp_path, n, tables=(), row=SIZE, **sidecars):
    path, groups = tmp_path / "faces.parquet", len(tables)
    if tables:
        write_table(path, tables)
    return Clip("a.mp4", "", n, tmp_path / "a.mp4", row, {}, {"faces": ClipTable(path, 0, groups)}, sidecars)


def run(extractor, clip, out):
    out.mkdir(exist_ok=True)
    extractor.setup("cpu")
    summary = extractor(clip, out)
    return summary, pq.read_table(out / "table.parquet")


def pose_of(model, clip, table, tmp_path):
    write_table(tmp_path / "facial.parquet", [table])
    clip = Clip(
        clip.clip, "", clip.n_frames, clip.source, clip.row, {},
        {"facial": ClipTable(tmp_path / "facial.parquet", 0, 1)}, clip.sidecars,
    )  # fmt: skip
    return run(Pose(model=str(model)), clip, tmp_path / "pose")[1]


def column(table, name):
    return table[name].to_numpy()


def test_a_clip_with_and_without_a_face(model, tmp_path):
    crops = [astronaut()] * 3 + [None] * 2 + [astronaut()] * 2
    clip = clip_of(tmp_path, 7, [faces_table(crops[:4]), faces_table(crops[4:], 4)])
    summary, table = run(Facial(model=str(model)), clip, tmp_path / "out")
    assert summary == {"source": "estimator", "face_frames": 5}
    assert column(table, "frame").tolist() == list(range(7))
    face = np.array([True] * 3 + [False] * 2 + [True] * 2)
    assert column(table, "is_face").tolist() == face.tolist()
    for name in (*AU_COLUMNS, *AFFECT, *EXPRESSIONS):
        assert np.isfinite(column(table, name)).tolist() == face.tolist(), name
    landmarks = from_lists(table["landmarks"], 468, 3)
    assert np.isnan(landmarks[~face]).all()
    nose = landmarks[face][:, 4, :2]  # crops lie at (100, 50), two picture pixels a crop pixel
    assert ((nose > (100 + 90, 50 + 90)) & (nose < (100 + 170, 50 + 190))).all()


def test_windows_do_not_change_the_track(model, tmp_path):
    crops = [astronaut()] * 6
    one = run(Facial(model=str(model)), clip_of(tmp_path, 6, [faces_table(crops)]), tmp_path / "one")[1]
    tables = [faces_table(crops[:2]), faces_table(crops[2:], 2)]
    two = run(Facial(model=str(model)), clip_of(tmp_path, 6, tables), tmp_path / "two")[1]
    assert one.equals(two)


def test_noise_in_a_crop_is_no_face(model, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)
    clip = clip_of(tmp_path, 3, [faces_table([astronaut(), noise, astronaut()])])
    table = run(Facial(model=str(model)), clip, tmp_path / "out")[1]
    assert column(table, "is_face").tolist() == [True, False, True]
    assert np.isnan(column(table, "AU12_r")[1])


def test_relative_to_neutral_judges_by_the_median(model, tmp_path):
    clip = clip_of(tmp_path, 5, [faces_table([astronaut()] * 3), faces_table([None, astronaut()], 3)])
    facial = Facial(relative_to_neutral=True, model=str(model))
    table = run(facial, clip, tmp_path / "out")[1]
    # a face that never changes is its own median: the relative map sees zeros, so every unit is its bias
    assert column(table, "AU12_r")[[0, 1, 2, 4]] == pytest.approx(1.0, abs=0.15)
    assert np.isnan(column(table, "AU12_r")[3])
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["table.parquet"]


def test_head_pose_of_a_face_and_of_none(model, tmp_path):
    clip = clip_of(tmp_path, 2, [faces_table([astronaut(), None])])
    table = pose_of(model, clip, run(Facial(model=str(model)), clip, tmp_path / "out")[1], tmp_path)
    assert column(table, "yaw")[0] == pytest.approx(0, abs=3)  # the template is this very face
    assert column(table, "tz")[0] > 0
    assert np.isnan(column(table, "yaw")[1])
    assert column(table, "is_face").tolist() == [True, False]


def openface_csv(path, rows=60):
    names = ("timestamp", "confidence", "success", "pose_Rx", "pose_Ry", "pose_Rz", *AU_COLUMNS)
    lines = [", ".join(names)]
    for k in range(rows):
        lines.append(", ".join([f"{k / 60:.3f}", "0.9", str(int(k < 30)), "0", "-0.2", "0", *["2.5"] * len(AUS)]))
    path.write_text("\n".join(lines))
    return path


def test_an_openface_csv_beside_the_clip_wins(model, tmp_path):
    clip = clip_of(tmp_path, 25, [faces_table([None] * 25)], openface=openface_csv(tmp_path / "a.csv"))
    summary, table = run(Facial(model=str(model)), clip, tmp_path / "out")
    assert summary["source"] == "openface"
    assert column(table, "AU12_r")[:12] == pytest.approx(2.5)
    assert np.isnan(column(table, "AU12_r")[14:]).all()
    assert column(table, "is_face")[:12].all()
    assert not column(table, "is_face")[14:].any()
    pose = pose_of(model, clip, table, tmp_path)
    assert column(pose, "yaw")[:12] == pytest.approx(np.rad2deg(0.2), abs=1e-3)


def test_a_csv_without_a_video_needs_no_crops(model, tmp_path):
    row = {"width": None, "height": None, "rotation": None}
    clip = clip_of(tmp_path, 10, row=row, openface=openface_csv(tmp_path / "a.csv"))
    summary, table = run(Facial(source="openface", model=str(model)), clip, tmp_path / "out")
    assert summary["face_frames"] == len(table) == 10


@pytest.mark.parametrize(("source", "what"), [("openface", "OpenFace CSV"), ("truth", "truth table")])
def test_a_missing_file_beside_the_clip_is_named(model, tmp_path, source, what):
    with pytest.raises(InputError, match=rf"a\.mp4: `facial\.source: {source}` needs an? {what}"):
        run(Facial(source=source, model=str(model)), clip_of(tmp_path, 5), tmp_path / "out")


def test_truth_is_copied(model, tmp_path):
    n, rng = 300, np.random.default_rng(0)
    units = rng.uniform(0, 5, (n, len(AUS))).astype(np.float32)
    truth = pa.table(
        {
            **dict(zip(AU_COLUMNS, units.T, strict=True)),
            **{name: np.zeros(n, np.float32) for name in (*AFFECT, "yaw", "pitch", "roll", "tx", "ty", "tz")},
            "expression": ["happy"] * n,
            "landmarks68": pa.array(rng.uniform(0, 256, (n, 136)).tolist(), pa.list_(pa.float32())),
            "keypoints15": pa.array(rng.uniform(0, 256, (n, 30)).tolist(), pa.list_(pa.float32())),
        }
    )
    pq.write_table(truth, tmp_path / "a.truth.parquet")
    clip = clip_of(tmp_path, n, truth=tmp_path / "a.truth.parquet")
    table = run(Facial(source="truth", model=str(model)), clip, tmp_path / "out")[1]
    assert np.array_equal(np.stack([column(table, name) for name in AU_COLUMNS], axis=1), units)
    assert (column(table, "happy") == 1).all()
    assert set(table["source"].to_pylist()) == {"truth"}
    assert column(pose_of(model, clip, table, tmp_path), "yaw").tolist() == [0.0] * n
