"""A full disk stops the stage with one sentence, leaves nothing half-written and keeps what was finished."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from toy import Toy, toy_clip

from faceloom.errors import InputError
from faceloom.store import Runtime, map_clips, write_table


@dataclass(frozen=True)
class Big(Toy):
    """64 KB of noise per window, which no codec makes smaller."""

    name = "big"

    def __call__(self, clip, out):
        noise = np.random.default_rng(len(clip.clip)).bytes(1 << 16)
        write_table(out / "table.parquet", (pa.table({"frame": [frame], "noise": [noise]}) for frame in range(8)))
        return {}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [str(mount), "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a tmpfs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


CLIPS = [toy_clip("a", 8), toy_clip("b", 8), toy_clip("c", 8)]


@pytest.mark.parametrize("executor", ["serial", "process"])
def test_the_cache_runs_full(small_disk, tmp_path, executor):
    runtime = Runtime(executor, 2, "cpu", 8, small_disk / "cache")
    with pytest.raises(InputError, match="no space left on the disk; free some and run again, finished clips are kept"):
        map_clips(Big(1, str(tmp_path / "log")), CLIPS, tmp_path / "out", runtime=runtime)
    assert not (tmp_path / "out").exists()
    assert list((small_disk / "cache/partial").iterdir()) == []
    assert len(list((small_disk / "cache/big").glob("??/*/record.json"))) == 1


def test_a_shard_runs_full(small_disk, tmp_path):
    runtime = Runtime("serial", 1, "cpu", 8, tmp_path / "cache")
    with pytest.raises(InputError, match="out: no space left on the disk"):
        map_clips(Big(1, str(tmp_path / "log")), CLIPS, small_disk / "out", runtime=runtime)
    assert list(small_disk.iterdir()) == []
    assert len(list(Path(tmp_path / "cache/big").glob("??/*/record.json"))) == 3
