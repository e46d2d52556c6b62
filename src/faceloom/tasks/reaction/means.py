"""Sequences by the means of their frames: what matching sees, for whether two belong together shows over seconds."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional


def by_means(
    features: Mapping[str, Tensor], is_face: Tensor, listener: Tensor, valid: Tensor | None, every: int
) -> tuple[Mapping[str, Tensor], Tensor, Tensor, Tensor | None]:
    """All of a sequence with a mean in place of every few frames.

    Args:
        features: The speaker's (B, T, size) by stream name; NaN does not count.
        is_face: (B, T); of several frames one with a face is enough.
        listener: Vectors (B, T, 3, width).
        valid: (B, T), False where a clip has ended, which does not count; None: nowhere.
        every: Frames of a mean; the last may have fewer.

    Returns:
        The same with ceil(T / every) in place of T.
    """
    if every == 1:
        return features, is_face, listener, valid
    if valid is not None:
        features = {name: x.masked_fill(~valid[..., None], math.nan) for name, x in features.items()}
        listener, is_face = listener.masked_fill(~valid[..., None, None], math.nan), is_face & valid
        valid = _any(valid, every)
    heard = {name: averaged(x, every) for name, x in features.items()}
    return heard, _any(is_face, every), averaged(listener, every).nan_to_num(), valid


def averaged(x: Tensor, every: int) -> Tensor:
    """Means (B, ceil(T / every), ...) of values (B, T, ...) that are not NaN; NaN where none is."""
    missing = -x.shape[1] % every
    padded = functional.pad(x, (0, 0) * (x.dim() - 2) + (0, missing), value=math.nan)
    parts = padded.reshape(len(x), -1, every, *x.shape[2:])
    return parts.nanmean(dim=2)


def _any(x: Tensor, every: int) -> Tensor:
    return averaged(x[..., None].float(), every)[..., 0] > 0
