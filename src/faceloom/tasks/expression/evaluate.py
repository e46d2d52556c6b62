"""Score the expression network on faces that it has not seen."""

from __future__ import annotations

from pathlib import Path

from faceloom.tasks.expression.checkpoint import load
from faceloom.tasks.pictures import evaluate_classes
from faceloom.tasks.pictures.scores import Scores


def evaluate(packed: Path, model_dir: Path, out_json: Path, folder: Path) -> Scores:
    """Write the scores, tables and sheets (see `pictures.evaluate_classes.evaluate`)."""
    return evaluate_classes.evaluate(load(model_dir), model_dir, packed, out_json, folder)
