"""Three token streams of a face, one id a frame each: action units, expression, valence and arousal.

A stream's codebook is a table whose row is what its token decodes to. The tables are built from training frames alone.
What a table does not hold gets its nearest row: `unseen` counts these frames.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.facs import AFFECT, EXPRESSIONS, REACT_ATTRIBUTES, REACT_AUS

if TYPE_CHECKING:
    import h5py

Floats = NDArray[np.float32]

STREAMS: Final = ("au", "expression", "va")
"""In the order of the tokens' last axis, the published one."""

N_AU: Final = len(REACT_AUS)
AU: Final = slice(0, N_AU)
VA: Final = slice(N_AU, N_AU + len(AFFECT))
EXPRESSION: Final = slice(VA.stop, VA.stop + len(EXPRESSIONS))
COLUMNS: Final = {"au": AU, "expression": EXPRESSION, "va": VA}
"""Where each stream's values lie among the 25 attributes."""

CELLS: Final = 80
"""Cells a side of the grid over valence and arousal, 0.025 wide."""

BITS: Final = 1 << np.arange(N_AU)
BLOCK: Final = 1 << 22
"""Distances held at a time."""


@dataclass(frozen=True)
class Codebooks:
    """What the tokens mean.

    `au` uint8 (K, 15): combinations of action units, the commonest first; `expression` float32 (K, 8): centres of the
    expression probabilities; `va` float32 (K, 2): centres of the occupied cells of valence and arousal.
    """

    au: NDArray[np.uint8]
    expression: Floats
    va: Floats

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Number of tokens of each stream, in the order of `STREAMS`."""
        return len(self.au), len(self.expression), len(self.va)

    @cached_property
    def fingerprint(self) -> str:
        """BLAKE2b of the tables, 32 hex digits."""
        digest = blake2b(digest_size=16)
        for field in fields(self):
            table = np.ascontiguousarray(getattr(self, field.name))
            digest.update(f"{field.name} {table.dtype} {table.shape}".encode() + table.tobytes())
        return digest.hexdigest()

    def encode(self, attributes: NDArray[Any]) -> NDArray[np.int32]:
        """Tokens (T, 3) of attributes (T, 25) without NaN.

        An unknown combination of action units gets the nearest by Hamming distance (the commoner of two), an empty
        cell the occupied one whose centre is nearest to its own.

        Raises:
            InputError: attributes of another width, or NaN among them.
        """
        values = checked(attributes)
        tokens = np.stack(
            [
                self._au_tokens(combinations(values)),
                nearest(values[:, EXPRESSION], self.expression),
                self._va_table[cells(values)],
            ],
            axis=1,
        )
        return tokens.astype(np.int32)

    def decode(self, tokens: NDArray[Any]) -> Floats:
        """Attributes (..., 25) of tokens (..., 3); raises IndexError for a token that no table holds."""
        tokens = np.asarray(tokens)
        if tokens.size and tokens.min() < 0:
            raise IndexError("tokens are not negative")
        out = np.empty((*tokens.shape[:-1], len(REACT_ATTRIBUTES)), np.float32)
        for k, name in enumerate(STREAMS):
            out[..., COLUMNS[name]] = getattr(self, name)[tokens[..., k]]
        return out

    def unseen(self, attributes: NDArray[Any]) -> dict[str, int]:
        """How many frames have a combination of action units, or a cell, that the tables do not hold."""
        values = checked(attributes)
        known_au, known_va = combinations(self.au), cells_of(self.va)
        return {
            "au": int((~np.isin(combinations(values), known_au)).sum()),
            "va": int((~np.isin(cells(values), known_va)).sum()),
        }

    def reconstruction(self, attributes: NDArray[Any]) -> dict[str, float]:
        """What encoding and decoding loses of attributes (T, 25).

        `au_changed` is the share of action units that flip; `va_mae`, `va_max` and `expression_mae`,
        `expression_max` are absolute errors; `au_unseen` and `va_unseen` are shares of the frames.
        """
        values = checked(attributes)
        decoded = self.decode(self.encode(values))
        error = np.abs(decoded - values)
        unseen = {f"{name}_unseen": count / max(len(values), 1) for name, count in self.unseen(values).items()}
        spread = {
            f"{name}_{what}": float(of(error[:, COLUMNS[name]]))
            for name in ("va", "expression")
            for what, of in (("mae", np.mean), ("max", np.max))
        }
        changed = float((present(decoded) != present(values)).mean())
        return {"au_changed": changed, **spread, **unseen}

    def _au_tokens(self, codes: NDArray[np.int64]) -> NDArray[np.int32]:
        """Token of each combination; those that are unknown are compared with all known ones, each once."""
        tokens = self._au_known[codes]
        unknown, where = np.unique(codes[tokens < 0], return_inverse=True)
        known, rows = combinations(self.au), max(1, BLOCK // len(self.au))
        found = np.empty(len(unknown), np.int32)
        for first in range(0, len(unknown), rows):
            differing = (unknown[first : first + rows, None] ^ known).astype(np.uint16)
            found[first : first + rows] = np.bitwise_count(differing).argmin(axis=1)
        tokens[tokens < 0] = found[where]
        return tokens

    @cached_property
    def _au_known(self) -> NDArray[np.int32]:
        """Token of each of the 2^15 combinations, -1 for the unknown ones."""
        table = np.full(1 << N_AU, -1, np.int32)
        table[combinations(self.au)] = np.arange(len(self.au))
        return table

    @cached_property
    def _va_table(self) -> NDArray[np.int32]:
        """Token of each cell."""
        return nearest(centres(np.arange(CELLS * CELLS)), self.va)


def build(attributes: NDArray[Any], expressions: int, seed: int = 0) -> Codebooks:
    """Codebooks of training frames.

    Args:
        attributes: (T, 25) without NaN.
        expressions: Centres of the expression probabilities; never more than there are distinct frames.
        seed: Of the k-means (mini-batch); one seed, one result.

    Raises:
        InputError: no frames, attributes of another width, or NaN among them.
    """
    values = checked(attributes)
    if not len(values):
        raise InputError("codebooks: no training frame shows a face; add recordings or check data/facial.")
    codes, counts = np.unique(combinations(values), return_counts=True)
    common = codes[np.argsort(-counts, kind="stable")]
    return Codebooks(
        au=((common[:, None] & BITS) > 0).astype(np.uint8),
        expression=_expression_centres(values[:, EXPRESSION], expressions, seed),
        va=centres(np.unique(cells(values))),
    )


def _expression_centres(values: Floats, size: int, seed: int) -> Floats:
    distinct = np.unique(values, axis=0)
    if len(distinct) <= size:
        return distinct
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # sums of threads differ in the last bit
        fitted = MiniBatchKMeans(size, random_state=seed, n_init=1, batch_size=4096).fit(values)
    return np.unique(fitted.cluster_centers_.astype(np.float32), axis=0)


def checked(attributes: NDArray[Any]) -> Floats:
    """Attributes as float32 (T, 25); raises InputError for another shape or NaN."""
    values = np.asarray(attributes, np.float32)
    if values.ndim != 2 or values.shape[1] != len(REACT_ATTRIBUTES):
        raise InputError(f"attributes: shape {values.shape} is not (frames, {len(REACT_ATTRIBUTES)}).")
    if np.isnan(values).any():
        bad = int(np.isnan(values).any(axis=1).sum())
        raise InputError(f"attributes: {bad} of {len(values)} frames hold NaN; fill them (`attributes.held`) first.")
    return values


def present(attributes: NDArray[Any]) -> NDArray[np.bool_]:
    """Action units (T, 15) that are there."""
    there: NDArray[np.bool_] = attributes[:, AU] >= 0.5
    return there


def combinations(attributes: NDArray[Any]) -> NDArray[np.int64]:
    """The action units of each row as one number, AU01 the lowest bit."""
    codes: NDArray[np.int64] = present(attributes) @ BITS
    return codes


def cells(attributes: Floats) -> NDArray[np.int64]:
    """Number of the valence-arousal cell of each row of attributes."""
    return cells_of(attributes[:, VA])


def cells_of(va: Floats) -> NDArray[np.int64]:
    """Number of the cell of each row of valence and arousal; what lies beyond -1..1 belongs to the border."""
    at = np.floor((va.astype(np.float64) + 1) * (CELLS / 2)).astype(np.int64).clip(0, CELLS - 1)
    numbers: NDArray[np.int64] = at[:, 0] * CELLS + at[:, 1]
    return numbers


def centres(cell: NDArray[np.int64]) -> Floats:
    """Valence and arousal at the middle of each cell (n, 2)."""
    return ((np.stack(np.divmod(cell, CELLS), axis=1) + 0.5) * (2 / CELLS) - 1).astype(np.float32)


def nearest(values: Floats, table: Floats) -> NDArray[np.int32]:
    """Row of the table (K, d) nearest to each of values (n, d) in Euclidean distance; the first of equally near."""
    wide, rows = table.astype(np.float64), max(1, BLOCK // len(table))
    half = (wide**2).sum(axis=1) / 2  # |v - t|^2 = |v|^2 + 2 (|t|^2/2 - v.t)
    parts = [(half - values[k : k + rows] @ wide.T).argmin(axis=1) for k in range(0, len(values), rows)]
    return np.concatenate(parts).astype(np.int32) if parts else np.empty(0, np.int32)


def save(codebooks: Codebooks, group: h5py.Group) -> None:
    """Write the tables as datasets of a group, with the fingerprint."""
    for name in STREAMS:
        group[name] = getattr(codebooks, name)
    group.attrs["fingerprint"] = codebooks.fingerprint


def load(group: h5py.Group) -> Codebooks:
    """Read what `save` wrote; raises InputError where the tables are not those of the fingerprint."""
    found = Codebooks(**{name: group[name][:] for name in STREAMS})
    if found.fingerprint != group.attrs["fingerprint"]:
        raise InputError(f"{group.file.filename}: its codebooks are not those of their fingerprint; pack it again.")
    return found
