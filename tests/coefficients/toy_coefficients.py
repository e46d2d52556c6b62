"""Clips of smooth attributes, and coefficients that are a linear map of them, each group in a unit of its own."""

import numpy as np
import pandas as pd

from faceloom.facs import REACT_ATTRIBUTES

UNITS = np.repeat([0.1, 1.0, 50.0], [52, 3, 3])
MAP = np.random.default_rng(0).normal(size=(25, 58)) / 5 * UNITS
EXPRESSIONS = np.random.default_rng(1).normal(size=(2, 25))


def clip(seed, frames=40):
    """Attributes (T, 25) and coefficients (T, 58)."""
    phase = np.random.default_rng(seed + 2).uniform(0, 6, size=2) + np.arange(frames)[:, None] * (0.2, 0.3)
    attributes = (np.sin(phase) @ EXPRESSIONS).astype(np.float32)
    return attributes, (attributes @ MAP + 7 * UNITS).astype(np.float32)


def write(folder, name, attributes, coefficients):
    """A clip in the challenge's folders; `name` is a path without extension."""
    table, array = folder / f"Emotion/{name}.csv", folder / f"3D_FV_files/{name}.npy"
    for path in (table, array):
        path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(attributes, columns=list(REACT_ATTRIBUTES)).to_csv(table, index=False)
    np.save(array, coefficients)
