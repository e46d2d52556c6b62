"""Who is told of a run: DVCLive, TensorBoard, and the terminal, which Lightning leaves quiet."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from lightning.pytorch.callbacks import Callback

from faceloom.runtime import project_root
from faceloom.tasks.trainer.plan import Plan


def summaries(plan: Plan) -> list[Callback]:
    """TensorBoard's histograms, where the plan asks for them."""
    if plan.summaries is None:
        return []
    from faceloom.tasks.summaries import Summaries

    return [Summaries(plan.summaries)]


def loggers(plan: Plan) -> Any:
    """Lightning's loggers of the run, or False for none."""
    live = _live(plan)
    if plan.summaries is None:
        return live
    from faceloom.tasks.summaries import writer

    board = writer(project_root() / "tensorboard" / plan.task)
    return [logger for logger in (live, board) if logger] or False


def _live(plan: Plan) -> Any:
    """DVCLive's logger, for people who watch; training runs without the package, and no out holds its files."""
    _quiet()
    try:
        from dvclive.lightning import DVCLiveLogger
    except ImportError:
        return False
    folder = str(project_root() / "dvclive" / plan.task)
    # dvcyaml and save_dvc_exp would edit the project behind dvc's back
    return DVCLiveLogger(dir=folder, dvcyaml=False, save_dvc_exp=False, report=None, resume=plan.is_begun)


def _quiet() -> None:
    for name in ("lightning.pytorch", "lightning.fabric", "dvclive"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # data are in memory: worker processes would only cost
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*exists and is not empty.*")  # that is what resuming means
    warnings.filterwarnings("ignore", message=".*isinstance.treespec, LeafSpec.*")  # inside Lightning
