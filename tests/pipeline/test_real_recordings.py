"""What the extractors find in real recordings, with the project's own estimator where it has been trained."""

from pathlib import Path

import numpy as np
import pytest

from faceloom.params import Params
from faceloom.reaction.recording import Workshop
from faceloom.store import Clip

MODELS = Path(__file__).parents[2] / "models"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (MODELS / "action_units/config.json").is_file(), reason="models/action_units: `make repro`"),
]


@pytest.fixture
def measured(shared, tmp_path, monkeypatch):
    def measure(recording: str) -> Clip:
        monkeypatch.setenv("FACELOOM_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("FACELOOM_EXECUTOR", "serial")
        workshop = Workshop(tmp_path / "workshop", Params(), MODELS)
        workshop.folder.mkdir()
        workshop.place(shared / "recordings" / recording)
        workshop.extract([])
        return workshop.clip(["faces", "facial"])

    return measure


def column(clip: Clip, name: str) -> np.ndarray:
    return clip.tables["facial"].read([name])[name].to_numpy()


def test_the_smile_raises_the_lip_corners_and_blinks_close_the_lids(measured):
    clip = measured("clips/single_face.mp4")
    smile = column(clip, "AU12_r")
    assert np.nanpercentile(smile, 98) - np.nanmin(smile) >= 2  # the smile begins within the first second
    blink = column(clip, "AU45_r")
    assert np.nanmax(blink) - np.nanmedian(blink) >= 1.5


def test_a_film_without_a_face_has_none(measured):
    faces = measured("clips/no_face.mp4").tables["faces"].read(["is_face"])["is_face"].to_numpy()
    assert faces.mean() <= 0.03


def test_a_cut_from_a_face_to_a_cartoon_is_found(measured):
    faces = measured("clips/face_noface.mov").tables["faces"].read(["is_face"])["is_face"].to_numpy()
    last = int(np.flatnonzero(faces)[-1])
    assert faces[: last + 1].mean() >= 0.99
    assert not faces[last + 1 :].any()


def test_a_grid_clip_shows_a_face_in_all_of_its_75_frames(measured):
    is_face = column(measured("grid/bbaf2n.mpg"), "is_face")
    assert len(is_face) == 75
    assert is_face.all()
