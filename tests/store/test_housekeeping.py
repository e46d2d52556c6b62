import os
from pathlib import Path

import pytest
from toy import Toy, toy_clip

from faceloom.store import Runtime, map_clips
from faceloom.store.housekeeping import gc, stats


@pytest.fixture
def cache(tmp_path):
    runtime = Runtime("serial", 1, "cpu", 8, tmp_path / "cache")
    toy = Toy(3, str(tmp_path / "log"))
    for clips in (["a", "b", "c"], ["b", "c", "d"]):
        map_clips(toy, [toy_clip(name) for name in clips], tmp_path / "out", runtime=runtime)
    return runtime.cache


def test_stats_tell_the_last_runs_hits_and_misses(cache):
    (toy,) = stats(cache)
    assert (toy.name, toy.entries, toy.unused, toy.hits, toy.computed, toy.failed) == ("toy", 4, 1, 2, 1, 0)
    assert toy.size > 0


def test_gc_frees_what_the_last_run_did_not_use(cache):
    count, size = gc(cache)
    assert count == 1
    assert size > 0
    assert stats(cache)[0].entries == 3
    assert gc(cache) == (0, 0)


def test_an_empty_cache_has_no_stats(tmp_path):
    assert stats(tmp_path / "none") == []
    assert gc(Path(tmp_path / "none")) == (0, 0)


def test_gc_keeps_the_newest_head_and_kernels_of_the_studio(tmp_path: Path) -> None:
    studio = tmp_path / "studio"
    for age, version in enumerate(("new", "old", "older")):
        kernels = studio / f"kernels-{version}" / "studio"
        kernels.mkdir(parents=True)
        (kernels / "draw.nbc").write_bytes(b"12345")
        (studio / f"head-{version}.npz").write_bytes(b"123")
        for path in (kernels.parent, studio / f"head-{version}.npz"):
            os.utime(path, (1e9 - age, 1e9 - age))
    assert gc(tmp_path) == (4, 16)
    assert sorted(path.name for path in studio.iterdir()) == ["head-new.npz", "kernels-new"]
