"""The extractor on small films of a real face."""

import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from faceloom.faces.extract import WINDOW, Faces
from faceloom.faces.smooth import radius
from faceloom.media.read import pictures
from faceloom.runtime import Runtime
from faceloom.store import Clip, map_clips


def extract(clip, tmp_path, **fields):
    extractor = Faces(**fields)
    extractor.setup("cpu")
    out = tmp_path / "out"
    out.mkdir(exist_ok=True)
    summary = extractor(clip, out)
    return pq.read_table(out / "table.parquet").to_pydict(), summary


def test_a_moving_face_is_followed(film, paste, tmp_path):
    places = [(40 + 3 * k, 30 + k) for k in range(24)]
    table, summary = extract(film([paste(p) for p in places]), tmp_path)
    assert all(table["is_face"])
    assert set(table["track"]) == {0}
    assert set(table["source"]) <= {"opencv", "region", "dlib"}
    centers = np.array(table["x"]) + np.array(table["w"]) / 2 - [x for x, _ in places]
    assert np.ptp(centers) < 12
    crops = np.array(table["crop_x"]) + np.array(table["crop_size"]) / 2 - [x for x, _ in places]
    assert np.diff(crops).std() < np.diff(centers).std()
    assert summary == {"face_frames": 24, "tracks": 1}


def test_a_face_that_vanishes_is_not_held(film, paste, tmp_path):
    images = [paste((80, 40))] * 12 + [paste()] * 8 + [paste((80, 40))] * 6
    table, _ = extract(film(images), tmp_path)
    assert table["is_face"] == [True] * 12 + [False] * 8 + table["is_face"][20:]
    assert all(table["is_face"][22:])
    gone = table["image"][15]["bytes"]
    assert np.asarray(Image.open(io.BytesIO(gone))).max() == 0
    assert np.isnan(table["x"][15])
    assert table["track"][15] == -1
    assert table["source"][15] == "none"


def test_a_cut_to_another_place_does_not_smear_the_crop(film, paste, tmp_path):
    table, _ = extract(film([paste((10, 20))] * 10 + [paste((150, 70))] * 10), tmp_path)
    crops = np.array(table["crop_x"])
    assert all(table["is_face"])
    assert table["track"] == [0] * 10 + [1] * 10
    assert np.ptp(crops[:10]) < 6
    assert np.ptp(crops[10:]) < 6
    assert crops[10] - crops[9] > 120


def test_nobody_is_found_in_noise(film, tmp_path):
    rng = np.random.default_rng(3)
    table, summary = extract(film([rng.integers(0, 255, (240, 320, 3), np.uint8) for _ in range(6)]), tmp_path)
    assert not any(table["is_face"])
    assert summary == {"face_frames": 0, "tracks": 0}


def test_of_two_faces_the_larger_is_taken_or_the_one_in_the_region_or_both(film, paste, tmp_path):
    clip = film([paste((5, 60, 110), (140, 40, 170))] * 14)
    largest, _ = extract(clip, tmp_path)
    assert all(x > 150 for x in largest["x"])
    assert largest["others"] == [[]] * 14
    region, _ = extract(clip, tmp_path, select="region", region=(0.0, 0.0, 0.42, 1.0))
    assert all(x < 100 for x in region["x"])
    every, summary = extract(clip, tmp_path, select="all")
    assert every["x"] == largest["x"]
    assert [len(others) for others in every["others"]] == [1] * 14
    assert {others[0]["track"] for others in every["others"]} == {1}
    assert every["others"][5][0]["x"] == pytest.approx(region["x"][5], abs=6)
    assert summary["tracks"] == 2


def test_blazeface_finds_the_same_face(film, paste, tmp_path):
    clip = film([paste((40 + 2 * k, 30)) for k in range(10)])
    haar, _ = extract(clip, tmp_path)
    blaze, _ = extract(clip, tmp_path, detector="blazeface")
    assert set(blaze["source"]) == {"blazeface"}
    assert np.abs(np.array(haar["x"]) - blaze["x"]).max() < 15


def test_rows_are_those_of_the_catalog_in_windows(film, paste, tmp_path):
    clip = film([paste((80, 40))] * 3, n_frames=WINDOW + 5)
    table, _ = extract(clip, tmp_path)
    assert table["frame"] == list(range(WINDOW + 5))
    assert table["is_face"] == [True] * 3 + [False] * (WINDOW + 2)
    assert pq.ParquetFile(tmp_path / "out" / "table.parquet").num_row_groups == 2
    assert all(Image.open(io.BytesIO(image["bytes"])).size == (128, 128) for image in table["image"][:4])


def test_a_clip_without_pictures_has_rows_without_faces(tmp_path):
    table, _ = extract(Clip("a.wav", "", 7, tmp_path / "a.wav", {}, {}), tmp_path)
    assert table["is_face"] == [False] * 7
    empty, _ = extract(Clip("b.wav", "", 0, tmp_path / "b.wav", {}, {}), tmp_path)
    assert empty["frame"] == []


def test_few_pictures_wait_in_memory(film, paste):
    clip = film([paste((80, 40))] * 60)
    extractor, shown = Faces(), 0
    extractor.setup("cpu")

    def counted():
        nonlocal shown
        for picture in pictures(clip.media["decoded"]):
            shown += 1
            yield picture

    for done, _ in enumerate(extractor.rows(counted(), 60)):
        assert shown - done <= radius(extractor.smoothing) + 1
    assert shown == 60


def test_serial_and_process_runs_write_the_same_bytes(film, paste, tmp_path):
    clips = [film([paste((60 + 5 * k + j, 40)) for j in range(5)], f"{k}.mp4") for k in range(3)]
    outs = []
    for executor, workers in (("serial", 1), ("process", 2)):
        out = tmp_path / executor
        map_clips(Faces(), clips, out, runtime=Runtime(executor, workers, "cpu", 1, tmp_path / f"cache-{executor}"))
        outs.append({p.relative_to(out): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()})
    assert outs[0] == outs[1]
    assert pq.read_table(tmp_path / "serial" / "index.parquet")["face_frames"].to_pylist() == [5, 5, 5]
