"""Draw a whole studio set over worker processes; the same bytes for any number of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from faceloom.errors import InputError
from faceloom.params import Studio
from faceloom.progress import bar
from faceloom.runtime import Runtime
from faceloom.store.executors import execute
from faceloom.store.records import write_table
from faceloom.studio.dyads import write_dyad
from faceloom.studio.identity import sample_identity
from faceloom.studio.render import render
from faceloom.studio.shards import index_table, shard_count, write_posed_shard, write_shard
from faceloom.studio.units import weights

NOTE = "Synthetic: rendered faces and synthesised voices. Nobody in these recordings exists."


@dataclass(frozen=True)
class Job:
    """One dyad, or one shard of stills or of posed expressions."""

    kind: str
    index: int
    settings: Studio
    out: Path


def produce(settings: Studio, recordings: Path, stills: Path, posed: Path, runtime: Runtime) -> None:
    """Write data/recordings, data/stills and data/posed.

    Raises:
        InputError: a package of the studio is missing, or a worker failed.
    """
    for folder in (recordings, stills, posed):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    warm_up()  # parse the head and compile the kernels once, before the workers would do it side by side
    jobs = [Job("dyad", k, settings, recordings) for k in range(settings.dyads)]
    jobs += [Job("stills", k, settings, stills) for k in range(shard_count(settings.identities))]
    jobs += [Job("posed", k, settings, posed) for k in range(shard_count(settings.posed_identities))]
    results: dict[tuple[str, int], Any] = {}
    with bar("studio", len(jobs)) as advance:
        for job, result in execute(runtime, start_worker, work, jobs):
            if isinstance(result, str):
                raise InputError(f"studio: {job.kind} {job.index} failed: {result}.")
            results[job.kind, job.index] = result
            advance()
    _write_indices(results, recordings, {"stills": stills, "posed": posed})


def _write_indices(results: dict[tuple[str, int], Any], recordings: Path, stills: dict[str, Path]) -> None:
    entries: dict[str, Any] = {}
    rows: dict[str, list[int]] = {kind: [] for kind in stills}
    for (kind, _), result in sorted(results.items()):
        if kind == "dyad":
            entries |= result
        else:
            rows[kind].append(result)
    text = json.dumps({"synthetic": True, "note": NOTE, "clips": entries}, indent=2)
    (recordings / "studio.json").write_text(text + "\n", encoding="utf-8")
    for kind, folder in stills.items():
        write_table(folder / "index.parquet", [index_table(rows[kind])])


def warm_up() -> None:
    """Fill the caches on disk: the parsed head and the compiled kernels."""
    render(sample_identity(np.random.default_rng(0)), weights(), size=32)


def start_worker() -> None:
    """Processes are the parallelism."""
    cv2.setNumThreads(1)


def work(job: Job) -> dict[str, Any] | int | str:
    """Do one job; an InputError comes back as its message."""
    settings = job.settings
    try:
        if job.kind == "dyad":
            return write_dyad(job.out, settings.seed, job.index, settings.seconds, settings.size)
        if job.kind == "posed":
            return write_posed_shard(job.out, settings.seed, job.index, settings.posed_identities, settings.size)
        per_identity, size = settings.stills_per_identity, settings.size
        return write_shard(job.out, settings.seed, job.index, settings.identities, per_identity, size)
    except InputError as error:
        return str(error).rstrip(".")
