"""What every stage file does around its own few lines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from threadpoolctl import threadpool_limits

from faceloom.errors import InputError


def run(main: Callable[[], None]) -> None:
    """Run a stage's main; bad input becomes one line on stderr and exit status 1."""
    # processes are the parallelism, and sums over more threads round otherwise: one for libraries yet to be loaded and
    # in worker processes, one for those that are loaded already, as numpy's is
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    threadpool_limits(1, "blas")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # on a busy machine, spinning threads cost torch its speed
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
