"""faceloom: recordings of people talking, made into trained facial-behaviour models and their metrics."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceloom.prediction.arrays import predict

__version__ = "0.1.0"
__all__ = ["__version__", "predict"]


def __getattr__(name: str) -> Any:
    """`predict` is loaded when it is asked for: most of what imports this package has no use for its libraries."""
    if name == "predict":
        return importlib.import_module("faceloom.prediction.arrays").predict
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
