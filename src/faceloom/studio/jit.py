"""Compiled kernels: numba with an on-disk cache where one can be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers; an install without any writable folder compiles in each process."""
    try:
        return cast("Function", numba.njit(cache=True, fastmath=True, nogil=True)(function))
    except RuntimeError:  # numba found no folder for its cache
        return cast("Function", numba.njit(fastmath=True, nogil=True)(function))
