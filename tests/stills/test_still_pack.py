import json

import cv2
import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image
from sklearn.model_selection import train_test_split
from toy_faces import fer_lines, kaggle_lines, without, write_fer, write_kaggle

from faceloom.errors import InputError
from faceloom.facs import EXPRESSIONS
from faceloom.stills.augment import Augmentation
from faceloom.stills.classes import CLASSES, class_name, counterparts
from faceloom.stills.contact_sheet import augmented, sheet
from faceloom.stills.pack import Settings, pack
from faceloom.stills.packed import load
from faceloom.stills.splits import Shares, of_the_reference, without_leaks
from faceloom.store import images as encoded_images


def packed(tmp_path, task, data, **settings):
    messages = pack(task, Settings(data=str(data), **settings), tmp_path / f"{task}.h5")
    return load(tmp_path / f"{task}.h5"), messages


def test_class_maps():
    assert counterparts(CLASSES["seven"], CLASSES["five"]).tolist() == [0, 1, -1, 3, 2, 4, -1]
    assert [CLASSES["eight"][k] for k in counterparts(CLASSES["seven"], CLASSES["eight"])] == list(CLASSES["seven"])
    assert all(set(names) <= set(EXPRESSIONS) for names in CLASSES.values())
    assert [class_name(word) for word in ("Angry", "happiness", " sad", "3", "smile")] == [
        "anger",
        "happy",
        "sad",
        None,
        None,
    ]


def test_fer_for_five_classes(tmp_path):
    data = write_fer(tmp_path / "fer.csv", fer_lines(30))
    faces, messages = packed(tmp_path, "expression", data, classes="five", val=0.3)
    assert faces.classes == CLASSES["five"]
    assert faces.size == 48
    assert (faces.source, faces.split_rule, faces.leaks) == ("fer", "usage", False)
    original = [int(line[0]) for line in fer_lines(30)]
    kept = [k for k, label in enumerate(original) if label not in (2, 6)]
    assert faces.labels.tolist() == [{0: 0, 1: 1, 4: 2, 3: 3, 5: 4}[original[k]] for k in kept]
    assert [k for k, split in zip(kept, faces.split, strict=True) if split == 2] == [k for k in kept if k % 3 == 2]
    assert 0 < len(faces.of("val")) < len(faces.of("train"))
    assert faces.skipped == {"class `fear` is none of the task's": 4, "class `neutral` is none of the task's": 4}
    assert messages[1] == f"{data}: 4 left out, class `fear` is none of the task's"


def test_a_test_picture_is_not_trained_on(tmp_path):
    lines = fer_lines(9)
    lines[3] = lines[3][0] + lines[2][1:].replace("PublicTest", "Training")  # 2 is a test row
    faces, _ = packed(tmp_path, "emotion_cnn", write_fer(tmp_path / "fer.csv", lines), classes="seven")
    assert faces.labels.tolist() == [0, 1, 2, 4, 5, 6, 0, 1]
    assert faces.skipped == {"its picture is in a later split too": 1}
    np.testing.assert_array_equal(faces.images[2, 0, :2], [int(v) for v in lines[2].split(",")[1].split()[:2]])


def test_the_challenges_three_parts():
    usage = np.array([0, 0, 1, 2, -1], np.int8)
    split = without_leaks(np.full(5, -1), usage, [bytes([k]) for k in range(5)], Shares(0.5, 0.5))
    assert split.codes.tolist() == [0, 0, 1, 2, 0]


def test_people_and_equal_pictures_stay_together():
    person = np.array([0, 1, 2, 3, 4] * 20, np.int32)
    unknown, contents = np.full(100, -1, np.int8), [bytes([k % 10]) for k in range(100)]
    for people, group in ((person, person), (np.full(100, -1), np.arange(100) % 10)):
        split = without_leaks(people, unknown, contents, Shares(0.2, 0.3))
        assert not split.leaks
        assert set(split.codes.tolist()) == {0, 1, 2}
        assert all(len(set(split.codes[group == k].tolist())) == 1 for k in set(group.tolist()))


def test_the_references_splits_are_scikit_learns():
    rest, test = train_test_split(np.arange(10_700), test_size=0.2, random_state=42)
    split = of_the_reference(10_700, "keypoints")
    assert split.leaks
    assert np.flatnonzero(split.codes == 2).tolist() == sorted(test)
    assert np.flatnonzero(split.codes == 1).tolist() == sorted(rest[8132:])
    assert np.bincount(of_the_reference(24_568, "classes").codes).tolist() == [22_111, 1_228, 1_229]


def test_the_references_copies(tmp_path):
    data = write_kaggle(tmp_path / "training.csv", [*kaggle_lines(3), without(kaggle_lines(1)[0], 3)])
    faces, _ = packed(tmp_path, "keypoints", data, split="reference")
    assert len(faces) == 15
    assert faces.leaks
    np.testing.assert_array_equal(faces.images[3:6], faces.images[:3, :, ::-1])
    np.testing.assert_array_equal(faces.images[9:12], faces.images[:3, ::-1])
    np.testing.assert_allclose(faces.points[3:6, 10, 0], 95 - faces.points[:3, 10, 0], rtol=1e-5)
    assert (faces.images[6:9] >= faces.images[:3]).all()


@pytest.mark.parametrize(("missing", "count", "unknown"), [("drop", 2, 0), ("mask", 3, 2)])
def test_missing_points(tmp_path, missing, count, unknown):
    lines = kaggle_lines(4)
    lines[1], lines[3] = without(lines[1], 5), without(lines[3], *range(30))
    faces, _ = packed(tmp_path, "keypoints", write_kaggle(tmp_path / "t.csv", lines), missing=missing)
    assert len(faces) == count
    assert np.isnan(faces.points).sum() == unknown
    assert faces.skipped["no keypoint is labelled"] == 1
    assert ("some keypoints are missing" in faces.skipped) == (missing == "drop")


def test_equal_input_gives_equal_bytes(tmp_path):
    data = write_fer(tmp_path / "fer.csv", fer_lines(12))
    first = tmp_path / "first.h5"
    pack("emotion_cnn", Settings(str(data), classes="seven"), first)
    second = tmp_path / "second.h5"
    pack("emotion_cnn", Settings(str(data), classes="seven"), second)
    assert first.read_bytes() == second.read_bytes()
    with h5py.File(first) as file:
        assert json.loads(file.attrs["size"]) == 48
        assert file["images"].dtype == np.uint8


def test_too_many_faults_are_an_error_and_leave_nothing(tmp_path):
    lines = fer_lines(8)
    lines[1] = lines[4] = "0,1 2 3,Training"
    data = write_fer(tmp_path / "fer.csv", lines)
    with pytest.raises(InputError, match=r"2 rows cannot be read; most often: too few pixels \(row 2, row 5\)"):
        packed(tmp_path, "emotion_cnn", data, classes="seven")
    assert not list(tmp_path.glob("emotion*"))
    assert len(packed(tmp_path, "emotion_cnn", data, classes="seven", max_bad_fraction=0.5)[0]) == 6


@pytest.mark.parametrize("lines", [[], ["0,1 2,Training"], ["2," + fer_lines(1)[0][2:]]])
def test_no_usable_row(tmp_path, lines):
    with pytest.raises(InputError, match="no usable face"):
        packed(tmp_path, "expression", write_fer(tmp_path / "fer.csv", lines), classes="five")


def test_a_data_set_of_another_task(tmp_path):
    with pytest.raises(InputError, match="no keypoints"):
        packed(tmp_path, "keypoints", write_fer(tmp_path / "fer.csv", fer_lines(2)))
    with pytest.raises(InputError, match="no expressions"):
        packed(tmp_path, "expression", write_kaggle(tmp_path / "t.csv", kaggle_lines(2)), classes="five")
    with pytest.raises(InputError, match="no such file or folder"):
        packed(tmp_path, "expression", tmp_path / "nothing", classes="five")
    with pytest.raises(InputError, match="no such file; run `dvc repro stills@keypoints`"):
        load(tmp_path / "keypoints.h5")
    (tmp_path / "broken.h5").write_bytes(b"no")
    with pytest.raises(InputError, match="not a packed file"):
        load(tmp_path / "broken.h5")


def save(path, array, mode=None, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)


def test_pictures_of_every_kind(tmp_path):
    rng = np.random.default_rng(0)
    grey = np.full((60, 80), 100, np.uint8)
    rgb = np.dstack([grey] * 3)
    root = tmp_path / "set"
    save(root / "happy/a_grey.png", grey)
    save(root / "happy/b_cmyk.jpg", rgb, "CMYK")
    save(root / "happy/c_deep.png", grey.astype(np.uint16) * 257)
    save(root / "happy/d_alpha.png", np.dstack([rgb, np.where(np.arange(80) < 40, 255, 0) + 0 * grey]).astype(np.uint8))
    frames = [Image.fromarray(grey), Image.fromarray(grey * 2)]
    frames[0].save(root / "happy/e_moving.gif", save_all=True, append_images=frames[1:])
    save(root / "happy/f_palette.png", rgb, "P")
    save(root / "Sadness/g_one.png", grey[:1, :1])
    save(root / "Sadness/h.png", rng.integers(0, 256, (96, 96), np.uint8))
    (root / "Sadness/i.jpg").write_bytes(b"no picture")
    (root / "Sadness/j.png").write_bytes((root / "happy/a_grey.png").read_bytes()[:60])
    (root / "Sadness/notes.txt").write_text("")
    save(root / "bored/k.png", grey)
    faces, messages = packed(tmp_path, "expression", root, classes="five", max_bad_fraction=0.5)
    assert faces.size == 96
    assert [faces.classes[k] for k in faces.labels] == ["sad"] + ["happy"] * 6
    means = faces.images[1:].mean(axis=(1, 2))
    assert np.abs(means[[0, 1, 2, 4, 5]] - 100).max() < 2
    assert means[3] == pytest.approx(50, abs=2)  # the transparent half is black
    assert faces.skipped == {
        "a damaged picture": 1,
        "folder `bored` names no class": 1,
        "no picture by its name": 1,
        "no picture that can be read": 1,
        "smaller than 8x8 pixels": 1,
    }
    assert f"{root}: 1 left out, a damaged picture (Sadness/j.png)" in messages


def test_a_folder_with_parts(tmp_path):
    rng = np.random.default_rng(0)
    for part, n in (("train", 6), ("test", 2)):
        for k in range(n):
            save(tmp_path / "set" / part / "angry" / f"{k}.png", rng.integers(0, 256, (48, 48), np.uint8))
    faces, _ = packed(tmp_path, "expression", tmp_path / "set", classes="five")
    assert faces.size == 48
    assert faces.split_rule == "usage"
    assert len(faces.of("test")) == 2
    with pytest.raises(InputError, match="nor folders named after classes"):
        packed(tmp_path, "expression", tmp_path / "set/train/angry", classes="five")


def write_studio(folder, people=8, each=3):
    """Stills that are black but for a dot at the tip of the nose."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    n = people * each
    points = rng.uniform(100, 160, (n, 15, 2)).astype(np.float32)
    outline = rng.uniform(60, 200, (n, 68, 2)).astype(np.float32)
    pictures = []
    for x, y in points[:, 10]:
        grid = np.indices((256, 256))[::-1]
        dot = 255 * np.exp(-((grid[0] - x) ** 2 + (grid[1] - y) ** 2) / 32)
        pictures.append(cv2.imencode(".png", dot.astype(np.uint8))[1].tobytes())
    table = pa.table(
        {
            "identity": np.repeat(np.arange(people, dtype=np.int32), each),
            "image": encoded_images(pictures),
            "expression": [EXPRESSIONS[k % 8] for k in range(n)],
            "keypoints15": pa.array(points.reshape(n, 30).tolist()),
            "landmarks68": pa.array(outline.reshape(n, 136).tolist()),
        }
    )
    pq.write_table(table.slice(0, 10), folder / "shard-000.parquet")
    pq.write_table(table.slice(10), folder / "shard-001.parquet")
    pq.write_table(pa.table({"shard": [0, 1], "rows": [10, n - 10]}), folder / "index.parquet")
    return folder


def test_the_studios_stills(tmp_path, monkeypatch):
    monkeypatch.setenv("FACELOOM_EXECUTOR", "serial")
    data = write_studio(tmp_path / "stills")
    faces, _ = packed(tmp_path, "keypoints", data)
    assert faces.images.shape == (24, 96, 96)
    assert faces.person.tolist() == np.repeat(np.arange(8), 3).tolist()
    assert all(len(set(faces.split[faces.person == person].tolist())) == 1 for person in range(8))
    y, x = np.indices((96, 96))
    weight = faces.images / faces.images.sum(axis=(1, 2), keepdims=True)
    seen = np.stack([(weight * x).sum((1, 2)), (weight * y).sum((1, 2))], axis=1)
    np.testing.assert_allclose(seen, faces.points[:, 10], atol=0.3)
    small, _ = packed(tmp_path, "emotion_cnn", data, classes="seven")
    assert small.size == 48
    assert len(small) == 21  # without contempt
    wide, _ = packed(tmp_path, "keypoints", data, margin=2.4)
    ratio = np.linalg.norm(np.diff(faces.points[:, :2], axis=1), axis=2) / np.linalg.norm(
        np.diff(wide.points[:, :2], axis=1), axis=2
    )
    np.testing.assert_allclose(ratio, 2.4 / 1.7, rtol=1e-4)


def test_the_contact_sheet_marks_the_points_that_are_known(tmp_path):
    lines = [*kaggle_lines(4), without(kaggle_lines(5)[4], 0, 1)]
    faces, _ = packed(tmp_path, "keypoints", write_kaggle(tmp_path / "t.csv", lines), missing="mask")
    moved = augmented(faces, Augmentation(), 3)
    np.testing.assert_array_equal(moved.images, augmented(faces, Augmentation(), 3).images)
    assert not np.allclose(moved.points[:4], faces.points[:4])
    picture = sheet(moved, 3)
    assert picture.shape == (2 * 196, 3 * 196, 3)
    coloured = (np.ptp(picture.astype(int), axis=2) > 100).sum()
    assert coloured > 100
    assert (np.ptp(sheet(faces[:0:-1], 2).astype(int), axis=2) > 100).any()
