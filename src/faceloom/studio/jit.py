"""Compiled kernels: numba with an on-disk cache where one can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


OPTIONS: Final[dict[str, Any]] = {"fastmath": True, "nogil": True, "error_model": "numpy", "_nrt": False}
"""No checks for division by zero and no reference counts of arrays: both cost as much as the pixels themselves.

A kernel therefore must not allocate; what it needs is passed in.
"""


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers; an install without any writable folder compiles in each process."""
    try:
        return cast("Function", numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError:  # numba found no folder for its cache
        return cast("Function", numba.njit(**OPTIONS)(function))
