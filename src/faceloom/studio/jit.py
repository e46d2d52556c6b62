"""Compiled kernels: numba with an on-disk cache where one can be written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numba.core import config as numba_config

from faceloom.runtime import Runtime

config: Any = numba_config  # a module whose settings numba sets at import

f32: Final[Any] = np.float32
"""Numbers of a kernel that would otherwise drag everything they meet into double precision."""

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final[dict[str, Any]] = {"fastmath": True, "nogil": True, "error_model": "numpy", "_nrt": False}
"""No checks for division by zero and no reference counts of arrays: both cost as much as the pixels themselves.

A kernel therefore must not allocate; what it needs is passed in.
"""

SOURCES: Final = ("assets", "jit", "kernels", "lighting", "look", "pixels", "raster", "shading", "surface")
"""What compiled code depends on: kernels call one another and freeze constants across these files."""


def kernel(function: Function) -> Function:
    """Compile a function of arrays and numbers; an install without any writable folder compiles in each process."""
    return _compiled(function, forceinline=False)


def inlined(function: Function) -> Function:
    """A kernel that is small or has one caller: a call would pass every array as seven or more numbers in memory."""
    return _compiled(function, forceinline=True)


def _compiled(function: Function, forceinline: bool) -> Function:
    shared, config.CACHE_DIR = config.CACHE_DIR, str(_folder())
    try:
        return cast("Function", numba.njit(cache=True, forceinline=forceinline, **OPTIONS)(function))
    except RuntimeError:  # numba found no folder for its cache
        return cast("Function", numba.njit(forceinline=forceinline, **OPTIONS)(function))
    finally:
        config.CACHE_DIR = shared


@lru_cache(maxsize=1)
def _folder() -> Path:
    """Named after all sources: numba itself notices a change only in the file of the function it is asked for."""
    here = Path(__file__).parent
    digest = hashlib.blake2b(b"".join((here / f"{name}.py").read_bytes() for name in SOURCES), digest_size=6)
    return Runtime.load().cache / "studio" / f"kernels-{digest.hexdigest()}"
