"""Films take most of the report's time: they are made side by side, by the project's executor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

import cv2

from faceloom.errors import InputError
from faceloom.runtime import Runtime
from faceloom.store.executors import DIED, execute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Result = TypeVar("Result")


def run(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Results of the calls in their order; raises InputError where a worker died."""
    start, work = partial(cv2.setNumThreads, 1), partial(_call, tuple(calls))
    results = dict(execute(Runtime.load(), start, work, range(len(calls))))
    if DIED in results.values():
        raise InputError(f"report: {DIED} (FACELOOM_WORKERS).")
    return [results[i] for i in range(len(calls))]


def _call(calls: tuple[Callable[[], Result], ...], i: int) -> Result:
    return calls[i]()
