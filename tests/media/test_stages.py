"""The stages catalog and decode as `dvc repro` runs them, on a folder with good and faulty recordings."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from films import click, film, steady

from faceloom.media.probe import probe

ROOT = Path(__file__).parents[2]


def stage(name, folder):
    environment = os.environ | {"DVC_ROOT": str(folder), "FACELOOM_EXECUTOR": "serial"}
    command = [sys.executable, str(ROOT / "stages" / f"{name}.py")]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "dvc.yaml").touch()
    (tmp_path / "params.yaml").write_text("catalog: {recordings: clips, max_failed_fraction: 0.5}\n")
    (tmp_path / "clips").mkdir()
    return tmp_path


def test_good_recordings_are_decoded_and_faulty_ones_named(project):
    clips = project / "clips"
    film(clips / "a b.mp4", steady(30), sound=click(1.2, 0.4), sound_codec="aac")
    film(clips / "ünï.mkv", steady(36, 30))
    film(clips / "voice.wav", sound=click(1, 0.5))
    (clips / "face.csv").write_text("frame, timestamp, AU01_r\n1, 0.0, 1\n2, 0.04, 1\n3, 0.08, 2\n")
    (clips / "empty.mp4").touch()
    (clips / "notes.mp4").write_text("not a film " * 99)
    catalog = stage("catalog", project)
    assert catalog.returncode == 0, catalog.stderr
    assert catalog.stdout.splitlines()[0] == "catalog: 6 recordings, 4 usable"
    assert "  empty.mp4: the file is empty; record or copy it again." in catalog.stdout.splitlines()
    decode = stage("decode", project)
    assert decode.returncode == 0, decode.stderr
    index = {row["clip"]: row for row in pq.read_table(project / "data/decoded/index.parquet").to_pylist()}
    assert {clip: row["rows"] for clip, row in index.items()} == {
        "a b.mp4": 30, "face.csv": 3, "voice.wav": 25, "ünï.mkv": 30,
    }  # fmt: skip
    assert index["face.csv"]["media"] is None
    assert index["ünï.mkv"]["dropped"] == 6
    for clip in ("a b.mp4", "voice.wav", "ünï.mkv"):
        assert probe(project / "data/decoded" / index[clip]["media"]).n_frames == index[clip]["rows"]


def test_a_missing_folder_is_one_line(project):
    (project / "clips").rmdir()
    result = stage("catalog", project)
    assert result.returncode == 1
    assert result.stderr.strip() == (
        "error: clips: no such folder; set catalog.recordings in params.yaml to the folder of your recordings."
    )


def test_too_many_faulty_recordings_stop_the_stage_with_one_line(project):
    (project / "clips" / "empty.mp4").touch()
    result = stage("catalog", project)
    assert result.returncode == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "none of 1 recordings can be used" in result.stderr
