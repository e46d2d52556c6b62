import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from toy import Toy, toy_clip

from faceloom.errors import InputError
from faceloom.store import ClipTable, Runtime, map_clips
from faceloom.store.cache import identity


@pytest.fixture
def runtime(tmp_path):
    return Runtime("serial", 1, "cpu", 8, tmp_path / "cache")


@pytest.fixture
def toy(tmp_path):
    return Toy(3, str(tmp_path / "log"))


def names(toy):
    log = Path(toy.log)
    return log.read_text().splitlines() if log.exists() else []


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


CLIPS = [toy_clip(f"clip {n}.mp4", 5 + n) for n in range(12)]


def test_each_clip_has_its_rows(runtime, toy, tmp_path):
    map_clips(toy, CLIPS, tmp_path / "out", runtime=runtime)
    index = pq.read_table(tmp_path / "out/index.parquet").to_pylist()
    assert [row["clip"] for row in index] == sorted(clip.clip for clip in CLIPS)
    for row in index:
        table = ClipTable(tmp_path / f"out/shard-{row['shard']:03d}.parquet", row["first_group"], row["groups"])
        rows = table.read().to_pydict()
        assert set(rows["clip"]) == {row["clip"]}
        assert rows["value"] == [3.0 * frame for frame in range(row["rows"])]
        assert max(len(chunk) for chunk in table.chunks(["frame"])) <= 4
        assert (tmp_path / "out" / row["media"]).read_bytes() == row["clip"].encode()


def test_one_new_clip_costs_one_clip(runtime, toy, tmp_path):
    map_clips(toy, CLIPS, tmp_path / "out", runtime=runtime)
    summary = map_clips(toy, [*CLIPS, toy_clip("new.mp4")], tmp_path / "out", runtime=runtime)
    assert (summary.hits, summary.computed) == (12, 1)
    assert names(toy)[12:] == ["new.mp4"]


def test_params_and_version_are_the_identity(toy):
    assert identity(toy) != identity(replace(toy, factor=4))
    newer = type("Newer", (Toy,), {"version": 2})(toy.factor, toy.log)
    assert identity(toy) != identity(newer)
    before = identity(toy)
    toy.setup("cuda")
    assert identity(toy) == before


@pytest.mark.parametrize(("executor", "workers"), [("process", 1), ("process", 2)])
def test_same_bytes_from_each_executor(runtime, toy, tmp_path, executor, workers):
    map_clips(toy, CLIPS, tmp_path / "serial", runtime=runtime)
    other = Runtime(executor, workers, "cpu", 2, tmp_path / "cache2")
    map_clips(toy, CLIPS, tmp_path / "other", runtime=other)
    assert contents(tmp_path / "serial") == contents(tmp_path / "other")
    assert set(pq.read_table(tmp_path / "other/index.parquet")["device"].to_pylist()) == {"cpu"}


def test_same_bytes_on_ray(runtime, toy, tmp_path, monkeypatch):
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    map_clips(toy, CLIPS, tmp_path / "serial", runtime=runtime)
    map_clips(toy, CLIPS, tmp_path / "ray", runtime=Runtime("ray", 2, "cpu", 2, tmp_path / "cache2"))
    ray.shutdown()
    assert contents(tmp_path / "serial") == contents(tmp_path / "ray")


def test_a_failing_clip_is_a_row_and_the_others_go_on(runtime, toy, tmp_path):
    clips = [*CLIPS, toy_clip("bad.mp4"), toy_clip("crash.mp4")]
    summary = map_clips(toy, clips, tmp_path / "out", runtime=runtime)
    assert (summary.computed, summary.failed) == (12, 2)
    rows = {row["clip"]: row for row in pq.read_table(tmp_path / "out/index.parquet").to_pylist()}
    assert rows["bad.mp4"]["error"] == "bad.mp4: is bad; replace it."
    assert rows["crash.mp4"]["error"] == "crash.mp4: ZeroDivisionError: oops"
    assert rows["bad.mp4"]["status"] == "failed"
    assert not list((tmp_path / "cache/partial").iterdir())


def test_too_many_failures_stop_the_stage(runtime, toy, tmp_path):
    with pytest.raises(InputError, match=r"toy: 1 of 2 clips failed.*max_failed_fraction.*bad.mp4: is bad"):
        map_clips(toy, [CLIPS[0], toy_clip("bad.mp4")], tmp_path / "out", runtime=runtime, max_failed_fraction=0.2)


def test_a_worker_that_dies_costs_its_own_clip_only(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_KILLS", "1")
    runtime = Runtime("process", 2, "cpu", 2, tmp_path / "cache")
    summary = map_clips(toy, [*CLIPS, toy_clip("killer.mp4")], tmp_path / "out", runtime=runtime)
    assert (summary.computed, summary.failed) == (12, 1)
    rows = {row["clip"]: row for row in pq.read_table(tmp_path / "out/index.parquet").to_pylist()}
    assert "memory" in rows["killer.mp4"]["error"]


KILLED = """
import sys; sys.path.insert(0, {tests!r})
from pathlib import Path
from toy import Toy, toy_clip
from faceloom.store import Runtime, map_clips
clips = [toy_clip(f"clip {{n}}.mp4", 5 + n) for n in range(12)]
clips[4] = toy_clip("killer.mp4", 9)
map_clips(Toy(3, {log!r}), clips, Path({out!r}), runtime=Runtime("serial", 1, "cpu", 8, Path({cache!r})))
"""


def test_a_killed_run_resumes_where_it_was(runtime, toy, tmp_path, monkeypatch):
    here = str(Path(__file__).parent)
    code = KILLED.format(tests=here, log=toy.log, out=str(tmp_path / "out"), cache=str(runtime.cache))
    monkeypatch.setenv("TOY_KILLS", "1")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert not (tmp_path / "out").exists()
    assert list((runtime.cache / "partial").iterdir())
    done = len(names(toy)) - 1
    monkeypatch.delenv("TOY_KILLS")
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert 0 < done < 12
    finished = [name for name in Path(toy.log).read_text().splitlines() if name != "killer.mp4"]
    assert len(finished) == len(set(finished)) == 11
    assert not list((runtime.cache / "partial").iterdir())


def test_runtime_rejects_an_unknown_executor(monkeypatch, tmp_path):
    monkeypatch.setenv("FACELOOM_EXECUTOR", "proces")
    with pytest.raises(InputError, match="`proces` is unknown; use one of process, serial, ray"):
        Runtime.load(tmp_path)
    monkeypatch.setenv("FACELOOM_EXECUTOR", "serial")
    monkeypatch.setenv("FACELOOM_WORKERS", "-1")
    with pytest.raises(InputError, match="FACELOOM_WORKERS: `-1` is not a count"):
        Runtime.load(tmp_path)
