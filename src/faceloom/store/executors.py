"""How the work is spread: in this process, over processes, or over a Ray cluster. Same bytes from each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from faceloom.errors import InputError
from faceloom.runtime import Runtime

Job = TypeVar("Job")
Work = Callable[[Job], Any]
Start = Callable[[], None]

DIED = "the worker process died, which usually means that memory ran out; use fewer workers"


def execute(runtime: Runtime, start: Start, work: Work[Job], jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    """Yield (job, result) as jobs finish. `start` runs once per worker; a result may be an exception's message."""
    if runtime.executor == "ray":
        yield from _ray(runtime, start, work, jobs)
    elif runtime.executor == "serial" or min(runtime.workers, len(jobs)) <= 1:
        start()
        for job in jobs:
            yield job, work(job)
    else:
        yield from _processes(min(runtime.workers, len(jobs)), start, work, jobs)


def _pool(workers: int, start: Start) -> ProcessPoolExecutor:
    # spawn: forking a process that has started OpenMP or a decoder's threads can hang
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), start)


def _processes(workers: int, start: Start, work: Work[Job], jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    left = list(jobs)
    with _pool(workers, start) as pool:
        futures: dict[Future[Any], Job] = {pool.submit(work, job): job for job in jobs}
        for future in as_completed(futures):
            try:
                result = future.result()
            except BrokenProcessPool:
                continue
            left.remove(futures[future])
            yield futures[future], result
    for job in left:  # one worker died and took the pool along: find out whose fault it was, one at a time
        yield job, _alone(start, work, job)


def _alone(start: Start, work: Work[Job], job: Job) -> Any:
    with _pool(1, start) as pool:
        try:
            return pool.submit(work, job).result()
        except BrokenProcessPool:
            return DIED


def _ray(runtime: Runtime, start: Start, work: Work[Job], jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    try:
        import ray
    except ImportError:
        raise InputError("FACELOOM_EXECUTOR: `ray` needs the extra; run `pip install faceloom[ray]`.") from None
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing leaves the machine unasked
    if not ray.is_initialized():
        ray.init(num_cpus=runtime.workers, include_dashboard=False, log_to_driver=False)

    class Worker:
        def __init__(self) -> None:
            start()

        def run(self, job: Job) -> tuple[Job, Any]:
            return job, work(job)

    actors = [ray.remote(Worker).remote() for _ in range(min(runtime.workers, len(jobs)))]
    pool = ray.util.ActorPool(actors)
    yield from pool.map_unordered(lambda actor, job: actor.run.remote(job), list(jobs))
