"""One Lightning trainer for all tasks: device, seeds, early stopping, best weights, resume.

A run's state lies outside the DAG's outs, in `.faceloom/train/<task>-<hash of what determines the result>/`: after a
kill the same run goes on from its last whole epoch and ends with the weights that it would have had. It is removed when
the run is done. Every batch draws its own random numbers from (seed, epoch, batch), so that it does not matter where a
run stopped.
"""

from __future__ import annotations

from faceloom.device import choose_device, fast_precision
from faceloom.tasks.trainer.batches import Batches, Stream, loader
from faceloom.tasks.trainer.callbacks import History
from faceloom.tasks.trainer.plan import Plan, fingerprint, identity
from faceloom.tasks.trainer.processes import is_first, rank, world
from faceloom.tasks.trainer.randomness import seeded
from faceloom.tasks.trainer.run import fit

__all__ = [
    "Batches",
    "History",
    "Plan",
    "Stream",
    "choose_device",
    "fast_precision",
    "fingerprint",
    "fit",
    "identity",
    "is_first",
    "loader",
    "rank",
    "seeded",
    "world",
]
