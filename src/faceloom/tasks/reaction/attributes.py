"""The 25 facial attributes of REACT 2023, a row a frame: what a face shows, and which action units count as there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.facs import AFFECT, AUS, EXPRESSIONS, REACT_AUS

if TYPE_CHECKING:
    from faceloom.store import Clip

Floats = NDArray[np.float32]

FACE: Final = (*(f"{au}_r" for au in REACT_AUS), *AFFECT)
FACE_COLUMNS: Final = ("is_face", *(name for name in FACE if name[:4] in AUS or name in AFFECT), *EXPRESSIONS)
REST: Final = 10
"""Percentile of a clip's frames that a face at rest is taken to show."""


def face(table: pa.Table) -> Floats:
    """The 25 attributes (n, 25) of rows of data/facial or of a truth table, action units as intensities (0-5).

    No table has AU24 (OpenFace does not code it): it is 0. A truth table's expression is a probability of 1.
    """
    absent = np.zeros(len(table), np.float32)
    values = [column(table, name) if name in table.column_names else absent for name in FACE]
    if "expression" in table.column_names:
        named = np.array(table["expression"].to_pylist())
        values += [(named == name).astype(np.float32) for name in EXPRESSIONS]
    else:
        values += [column(table, name) for name in EXPRESSIONS]
    return np.stack(values, axis=1)


def column(table: pa.Table, name: str) -> Floats:
    """A column of a table as float32 (n,)."""
    return np.asarray(table[name].to_numpy(), np.float32)


def truth_table(clip: Clip) -> pa.Table:
    """The truth table beside a recording; raises InputError where there is none."""
    if "truth" not in clip.sidecars:
        raise InputError(
            f"{clip.clip}: no truth table beside it; set pack.reaction.source to auto or estimated for real recordings."
        )
    return pq.read_table(clip.sidecars["truth"])


def seen_face(clip: Clip, *, truth: bool = False) -> tuple[Floats, NDArray[np.bool_]]:
    """Attributes (n, 25) with intensities, NaN where there is no face, and where there is one (n,)."""
    if truth:
        values = face(truth_table(clip))
        return values, np.ones(len(values), bool)
    table = clip.tables["facial"].read(FACE_COLUMNS)
    values = face(table)
    is_face = np.asarray(table["is_face"]) & whole(values)
    return seen(values, is_face), is_face


def above_rest(values: Floats, is_face: NDArray[np.bool_], units: Sequence[str]) -> Floats:
    """Attributes (n, 25) with some action units less what this person shows of them at rest, never below 0.

    At rest is the `REST`th percentile of the clip's frames with a face: brows sit high and lips are parted by build as
    much as by behaviour. (Baltrusaitis, Mahmoud and Robinson 2015, Cross-dataset learning and person-specific
    normalisation for automatic action unit detection; OpenFace does it for the units that it calls dynamic.)
    """
    out = values.copy()
    if is_face.any():
        columns = [REACT_AUS.index(unit) for unit in units]
        rest = np.percentile(values[is_face][:, columns], REST, axis=0)
        out[:, columns] = np.maximum(values[:, columns] - rest, 0)
    return out


def presence(values: Floats, threshold: float) -> Floats:
    """The 25 attributes with action units as 0 or 1: present from an intensity of `threshold` on; NaN stays."""
    out = values.copy()
    units = values[:, : len(REACT_AUS)]
    out[:, : len(REACT_AUS)] = np.where(np.isnan(units), units, units >= threshold)
    return out


def held(values: Floats) -> Floats:
    """Rows with NaN replaced by the last row without, those at the start by the first; all NaN where none is whole."""
    good = whole(values)
    if not good.any():
        return np.full_like(values, np.nan)
    last = np.maximum.accumulate(np.where(good, np.arange(len(values)), -1))
    return values[np.where(last < 0, good.argmax(), last)]


def seen(values: NDArray[Any], is_face: NDArray[np.bool_]) -> NDArray[Any]:
    """Rows (n, 25) with NaN where there is no face: what a speaker's features are made of."""
    return np.where(is_face[:, None], values, values.dtype.type(np.nan))


def whole(values: Floats) -> NDArray[np.bool_]:
    """Rows (n,) without NaN."""
    return np.asarray(~np.isnan(values).any(axis=1))
