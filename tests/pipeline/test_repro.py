"""The whole DAG through the real `dvc repro`, from an empty folder to the report."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

from project import counts, ran

METRICS = ("action_units", "extraction", "gesture")


def test_the_first_run_ends_with_metrics_and_report(built):
    project = built.project
    assert len(ran(built.output)) == len(built.lock)
    for name in METRICS:
        assert json.loads((project.folder / f"metrics/{name}.json").read_text())
    assert (project.folder / "metrics/report/index.html").stat().st_size > 10_000


def test_a_second_run_runs_nothing(built):
    assert ran(built.project.repro()) == []


def test_a_gesture_param_reruns_gesture_alone(copied):
    copied.change({"train": {"gesture": {"learning_rate": 0.002}}})
    assert ran(copied.repro()) == ["train@gesture", "evaluate@gesture", "report"]


def test_one_more_recording_costs_one_clip_per_stage(copied, tmp_path):
    recordings = tmp_path / "my recordings"
    shutil.copytree(copied.folder / "data/recordings", recordings / "first", ignore=shutil.ignore_patterns("*.json"))
    copied.change({"catalog": {"recordings": str(recordings)}})
    copied.repro("tokenise")
    shutil.copy(recordings / "first/dyad-000/speaker.mp4", recordings / "nöw one.mp4")
    before = (recordings / "nöw one.mp4").read_bytes()
    (recordings / "nöw one.mp4").write_bytes(before + b"\0\0\0\x08free")  # an empty box: same film, other content
    found = counts(copied.repro("tokenise"))
    assert {name for name, (clips, hits, computed) in found.items() if (clips - hits, computed) == (1, 1)} >= {
        "decode",
        "faces",
        "facial",
    } or found["decode"] == (9, 8, 1)
    assert all(computed <= 1 for _, _, computed in found.values())


def test_a_killed_run_computes_no_clip_twice(built, copied, tmp_path):
    copied.forget("faces", "data/faces")
    log = tmp_path / "log"
    run = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "faces"],
        cwd=copied.folder,
        env=copied.environment(FACELOOM_EXECUTOR="serial"),
        stdout=log.open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    faces = copied.folder / ".faceloom/cache/faces"
    while len(list(faces.glob("??/*/record.json"))) < 2:
        assert run.poll() is None, log.read_text()
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    kept = len(list(faces.glob("??/*/record.json")))
    clips, hits, computed = counts(copied.repro("faces"))["faces"]
    assert (hits, computed) == (kept, clips - kept)
    assert copied.lock()["faces"] == built.lock["faces"]
