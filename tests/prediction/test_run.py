"""`faceloom predict` on files: tables, pictures, films, and what is wrong with some of them."""

import av
import cv2
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from faceloom.errors import InputError
from faceloom.media.read import AUDIO_RATE
from faceloom.media.write import MediaWriter
from faceloom.prediction import run
from faceloom.prediction.request import Request
from faceloom.stills.points import COLUMNS


def predict(paths, models, out, names=("keypoints",), **options):
    settings = {"csv": False, "pictures": True, "cropped": False, "min_size": 0.08} | options
    request = Request.check(paths, models, names, out=out, **settings)
    return request, request.run()


def film(path, portrait, frames=40, sound=True):
    """A face that moves right by a pixel a frame."""
    with MediaWriter(path, (320, 300), AUDIO_RATE if sound else None) as writer:
        for k in range(frames):
            writer.write_rgb(np.roll(portrait, k - frames // 2, axis=1))
            if sound:
                writer.write_audio(np.full(AUDIO_RATE // 25, 0.1, np.float32))
    return path


def test_a_folder_of_all_kinds_of_files(models, portrait, tmp_path):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    picture = Image.fromarray(portrait)
    picture.save(folder / "face.png")
    picture.convert("CMYK").save(folder / "deep" / "face.jpg", quality=95)
    picture.convert("RGBA").save(folder / "alpha.webp")
    deep = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY).astype(np.uint16) * 257
    cv2.imwrite(str(folder / "sixteen.tiff"), deep)
    picture.save(folder / "moving.gif", save_all=True, append_images=[picture.rotate(90)], duration=40)
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    Image.new("RGB", (90, 70), "green").save(folder / "meadow.png")
    (folder / "empty.jpg").touch()
    (folder / "cut.png").write_bytes((folder / "face.png").read_bytes()[:999])
    (folder / "text.bmp").write_text("no picture")
    (folder / "notes.txt").write_text("left alone")
    _, outcome = predict([folder], models, tmp_path / "out")
    assert (outcome.pictures, outcome.faces, outcome.without_face) == (6, 5, 1)
    said = "\n".join(outcome.sentences())
    for words in ("dot.png: smaller than 8x8", "empty.jpg: the file is empty", "cut.png: a damaged", "text.bmp: no"):
        assert words in said
    assert "moving.gif: the first of its 2 pictures" in said
    assert "5 faces in 6 pictures, 1 without a face" in said
    table = pd.read_parquet(tmp_path / "out" / "faces.parquet")
    assert sorted(table["source"].map(lambda path: path.rsplit("/")[-1])) == sorted(
        ["face.png", "face.jpg", "alpha.webp", "sixteen.tiff", "moving.gif"]
    )
    points = table[list(COLUMNS)]
    assert np.ptp(points.to_numpy(), axis=0).max() < 6  # the same face in every kind of file
    drawn = sorted(path.relative_to(tmp_path / "out/pictures").as_posix() for path in tmp_path.rglob("out/**/*.jpg"))
    assert drawn == ["alpha.jpg", "deep/face.jpg", "face.jpg", "meadow.jpg", "moving.jpg", "sixteen.jpg"]


def test_a_film_with_its_sound(models, portrait, tmp_path):
    path = film(tmp_path / "film.mp4", portrait)
    request, outcome = predict([path], models, tmp_path / "out")
    assert (outcome.films, outcome.frames) == (1, 40)
    assert request.frames() == 40
    table = pq.read_table(tmp_path / "out" / "faces.parquet").to_pandas()
    assert len(table) >= 38
    assert set(table["face"]) == {table["face"][0]}
    assert np.polyfit(table["frame"], table["nose_tip_x"], 1)[0] == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(table["time"], table["frame"] / 25)
    with av.open(str(tmp_path / "out" / "films" / "film.mp4")) as drawn:
        assert sum(1 for _ in drawn.decode(video=0)) == 40
        drawn.seek(0)
        heard = np.concatenate([frame.to_ndarray()[0] for frame in drawn.decode(audio=0)])
    assert np.abs(heard).max() > 0.05
    assert len(heard) == pytest.approx(40 / 25 * AUDIO_RATE, abs=2100)  # AAC works in blocks


def test_csv_without_pictures(models, portrait, tmp_path):
    Image.fromarray(portrait).save(tmp_path / "a.png")
    predict([tmp_path / "a.png"], models, tmp_path / "out", csv=True, pictures=False)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["faces.csv"]
    assert len(pd.read_csv(tmp_path / "out" / "faces.csv")) == 1


def test_windows_are_bounded_by_faces_and_by_pixels(monkeypatch):
    class Looked:
        seen = (0,) * 20
        pixels = 10

    assert [len(window) for window in run.windows([Looked()] * 5)] == [2, 2, 1]
    monkeypatch.setattr(run, "PIXELS", 10)
    assert [len(window) for window in run.windows([Looked()] * 3)] == [1, 1, 1]


def test_nothing_half_written_stays(models, portrait, tmp_path, monkeypatch):
    path = film(tmp_path / "film.mp4", portrait, sound=False)
    calls = []

    def broken(*arguments):
        calls.append(arguments)
        if len(calls) > 10:
            raise KeyboardInterrupt
        return portrait

    monkeypatch.setattr(run.draw, "draw", broken)
    with pytest.raises(KeyboardInterrupt):
        predict([path], models, tmp_path / "out")
    assert not [left for left in (tmp_path / "out").rglob("*") if left.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jpg", b"", "empty.jpg: the file is empty"),
        ("film.mp4", b"no film", "film.mp4: not a recording"),
        ("notes.txt", b"text", "notes.txt: neither a picture nor a film by its name; known are"),
        ("absent.png", None, "absent.png: no such file or folder"),
        ("folder", None, "neither a picture nor a film in this folder"),
    ],
)
def test_a_single_bad_input_is_one_sentence(models, tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    if name == "folder":
        (tmp_path / name).mkdir()
    with pytest.raises(InputError, match=message):
        predict([tmp_path / name], models, tmp_path / "out")
    assert not list((tmp_path / "out").rglob("*.*"))


def test_equal_names_do_not_overwrite_each_other(models, tmp_path):
    for name in ("a.png", "a.jpg", "b/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (40, 40)).save(tmp_path / name)
    paths = [tmp_path / name for name in ("a.png", "a.jpg", "b/a.png")]
    _, outcome = predict(paths, models, tmp_path / "out")
    assert outcome.without_face == 3
    assert sorted(path.name for path in (tmp_path / "out/pictures").iterdir()) == ["a-2.jpg", "a-3.jpg", "a.jpg"]
