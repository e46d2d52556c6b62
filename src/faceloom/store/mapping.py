"""`map_clips`: one verb that runs an extractor over clips through the cache and assembles the shards."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from faceloom import progress
from faceloom.errors import InputError
from faceloom.runtime import Runtime
from faceloom.store.cache import Cache, Extractor, key, sweep
from faceloom.store.executors import execute
from faceloom.store.records import Clip
from faceloom.store.shards import Result, assemble

FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Summary:
    """Counts of one map."""

    clips: int
    hits: int
    computed: int
    failed: int


class _DiskFullError(Exception):
    """Not the clip's fault: the whole stage stops."""


def map_clips(
    extractor: Extractor,
    clips: Sequence[Clip],
    out: Path,
    *,
    max_failed_fraction: float = 1.0,
    runtime: Runtime | None = None,
) -> Summary:
    """Write the records of all clips to `out` (contracts.md), computing only those that the cache lacks.

    A clip that fails is a row with its error; the others go on.

    Raises:
        InputError: more than `max_failed_fraction` of the clips failed, or the disk is full.
    """
    runtime = runtime or Runtime.load()
    cache = Cache(runtime.cache, extractor.name)
    sweep(runtime.cache)
    keys = {clip.clip: key(extractor, clip) for clip in clips}
    missing = {keys[clip.clip]: clip for clip in clips if cache.get(keys[clip.clip]) is None}
    try:
        errors = _compute(extractor, cache, missing, runtime)
        results = [_result(clip, cache, keys[clip.clip], errors) for clip in clips]
        assemble(results, out)
    except _DiskFullError as error:
        raise InputError(
            f"{error}: no space left on the disk; free some and run again, finished clips are kept."
        ) from None
    except OSError as error:
        if error.errno in FULL:
            raise InputError(
                f"{out}: no space left on the disk; free some and run again, finished clips are kept."
            ) from None
        raise
    failed = sum(result.entry is None for result in results)
    summary = Summary(len(clips), len(clips) - len(missing), len(missing) - len(errors), failed)
    cache.note(keys.values(), summary.hits, summary.computed, failed)
    _say(extractor.name, summary, results)
    _check(extractor.name, summary, results, max_failed_fraction)
    return summary


def _compute(extractor: Extractor, cache: Cache, missing: dict[str, Clip], runtime: Runtime) -> dict[str, str]:
    """Compute the missing records, longest clips first so that workers end together; returns errors by key."""
    jobs = sorted(missing.items(), key=lambda item: (-item[1].n_frames, item[0]))
    errors: dict[str, str] = {}
    if not jobs:
        return errors
    with progress.bar(extractor.name, total=len(jobs)) as advance:
        for (entry, _), error in execute(
            runtime, partial(_start, extractor, runtime.device), partial(_work, cache), jobs
        ):
            if error is not None:
                errors[entry] = error
            advance()
    return errors


_worker: dict[str, Extractor] = {}
"""The extractor of this process, set up: jobs travel to workers, networks do not."""


def _start(extractor: Extractor, device: str) -> None:
    import cv2

    cv2.setNumThreads(1)  # one clip per worker is the parallelism; threads inside would only contend
    extractor.setup(device)
    _worker["extractor"] = extractor


def _work(cache: Cache, job: tuple[str, Clip]) -> str | None:
    """Compute one record in a worker; returns the error's message instead of raising it."""
    entry, clip = job
    try:
        cache.put(entry, partial(_worker["extractor"], clip))
    except InputError as error:
        return str(error)
    except Exception as error:  # one bad clip never stops the others, whatever it raises
        if getattr(error, "errno", None) in FULL:
            raise _DiskFullError(clip.clip) from None
        return f"{clip.clip}: {type(error).__name__}: {error}"
    return None


def _result(clip: Clip, cache: Cache, entry: str, errors: dict[str, str]) -> Result:
    if entry in errors:
        return Result(clip.clip, error=errors[entry], status="failed")
    return Result(clip.clip, cache.get(entry))


def _say(name: str, summary: Summary, results: Sequence[Result]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{name}: {summary.clips} clips, {summary.hits} from the cache, "
        f"{summary.computed} computed, {summary.failed} failed"
    )
    for result in results:
        if result.error:
            console.print(f"  {result.error}", markup=False)


def _check(name: str, summary: Summary, results: Sequence[Result], max_failed_fraction: float) -> None:
    if summary.failed > max_failed_fraction * summary.clips:
        first = next(result.error for result in results if result.error)
        raise InputError(
            f"{name}: {summary.failed} of {summary.clips} clips failed, more than catalog.max_failed_fraction allows "
            f"({max_failed_fraction:g}); the first: {first}"
        )
