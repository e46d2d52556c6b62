"""`faceloom.predict`."""

import subprocess
import sys

import numpy as np
import pytest
from toy_models import SHAPE

import faceloom
from faceloom.errors import InputError
from faceloom.facs import AU_COLUMNS
from faceloom.stills.classes import CLASSES
from faceloom.stills.points import COLUMNS

FACE = (97, 65, 95)
"""x, y and side of the face in the portrait, as a detector draws it."""


def test_all_that_is_known_about_each_face(models, portrait):
    empty = np.full((120, 160, 3), 90, np.uint8)
    two = np.concatenate([portrait, portrait], axis=1)
    table = faceloom.predict([portrait, empty, two, portrait[..., 1]], models=models)
    assert table["image"].tolist() == [0, 2, 2, 3]
    assert table["face"].tolist() == [0, 0, 1, 0]
    np.testing.assert_allclose(table.loc[0, ["x", "y", "w"]].astype(float), FACE, atol=8)
    assert set(COLUMNS) | {"emotion"} <= set(table.columns)  # reference 2's 31
    assert table["emotion_name"].tolist() == [CLASSES["five"][k] for k in table["emotion"]]
    shares = table[[f"expression_{name}" for name in CLASSES["five"]]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert table[list(AU_COLUMNS)].notna().all(axis=None)
    assert table[["yaw", "pitch", "roll"]].abs().lt(8).all(axis=None)  # she looks into the camera
    left, right = sorted(table.loc[table["image"] == 2, "x"])
    assert right - left == pytest.approx(portrait.shape[1], abs=4)


def test_points_are_pixels_of_the_picture(models, portrait):
    """The model always says the same of a crop: the shape lies on the face, and grows with the picture."""
    large = portrait.repeat(2, axis=0).repeat(2, axis=1)
    table = faceloom.predict([portrait, large], models=models, model=["keypoints"])
    small, twice = table[list(COLUMNS)].to_numpy(float).reshape(2, 15, 2)
    across, down = (small[-1] - small[0]) / (SHAPE[-1] - SHAPE[0])
    assert across == pytest.approx(down, rel=1e-3)  # one scale
    assert 80 < across * 96 < 260  # of a crop 1.7 times as large as the face
    np.testing.assert_allclose(twice, small * 2, atol=6)


def test_pictures_that_are_faces_already(models, portrait):
    crop = portrait[40:160, 85:205]
    table = faceloom.predict(np.stack([crop, crop[:, ::-1]]), models=models, model=["keypoints"], cropped=True)
    points = table[list(COLUMNS)].to_numpy().reshape(2, 15, 2)
    np.testing.assert_allclose(points, np.stack([(SHAPE + 0.5) * 120 / 96 - 0.5] * 2), atol=0.01)


def test_reference_3_alone(models, portrait):
    table = faceloom.predict(portrait[None], models=models, model=["emotion_cnn"])
    assert [name for name in table.columns if name.startswith("emotion_cnn_")] == [
        f"emotion_cnn_{name}" for name in CLASSES["seven"]
    ]
    assert COLUMNS[0] not in table.columns


def test_no_picture_and_no_face_give_an_empty_table(models):
    nothing = faceloom.predict(np.zeros((2, 64, 64), np.uint8), models=models)
    assert len(nothing) == len(faceloom.predict([], models=models)) == 0
    assert set(COLUMNS) <= set(nothing.columns)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((32, 32), np.float32), "float32, not uint8"),
        (np.zeros((32, 32, 4), np.uint8), "shape (32, 32, 4)"),
        (np.zeros((1, 1, 3), np.uint8), "smaller than 8x8"),
    ],
)
def test_arrays_that_are_no_pictures(models, image, message):
    with pytest.raises(InputError, match=r"images\[1\]") as error:
        faceloom.predict([np.zeros((32, 32), np.uint8), image], models=models)
    assert message in str(error.value)


def test_models_that_are_absent_or_unknown(models, tmp_path):
    with pytest.raises(InputError, match=r"keypoints: no trained model; fetch it with `dvc pull` or run `dvc repro`"):
        faceloom.predict([], models=tmp_path)
    with pytest.raises(InputError, match="`age` is not a model"):
        faceloom.predict([], models=models, model=["age"])


def test_importing_the_package_stays_light():
    code = "import sys, faceloom; print(sorted({'numpy', 'torch', 'cv2'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
