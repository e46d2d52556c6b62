"""The dyads that a model is scored on, as the metrics want them: every clip of one split, cut to one length."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from faceloom.tasks.reaction.data import Packed

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class HeldOut:
    """N clips of one split as speakers, each with its listener.

    Attributes:
        packed: Where they are from.
        split: `test`, or what there is in its place.
        clips: (N,) numbers in the packed file.
        frames: Of each: as many as the shortest has, for the metrics compare clips of one length.
    """

    packed: Packed
    split: str
    clips: NDArray[np.int64]
    frames: int

    @classmethod
    def of(cls, packed: Packed, split: str | None = None) -> HeldOut:
        """The test split; of data too small for one, the validation or else the training split."""
        known = (split,) if split else ("test", "val", "train")
        split, clips = next((name, found) for name in known if len(found := packed.of(name)))
        return cls(packed, split, clips, min(packed.frames(int(k)) for k in clips))

    def __len__(self) -> int:
        return len(self.clips)

    @property
    def frames_cut(self) -> int:
        """Frames of longer clips that are left out."""
        return sum(self.packed.frames(int(k)) - self.frames for k in self.clips)

    @cached_property
    def speaker(self) -> Floats:
        """Attributes (N, T, 25) of the speakers."""
        return np.stack([self._attributes(int(k)) for k in self.clips])

    @cached_property
    def real(self) -> Floats:
        """Attributes (N, T, 25) of their listeners."""
        return np.stack([self._attributes(self.packed.listener(int(k))) for k in self.clips])

    @cached_property
    def appropriate(self) -> NDArray[np.uint8]:
        """Which of the real reactions suit which speaker (N, N)."""
        found: NDArray[np.uint8] = self.packed.appropriate[np.ix_(self.clips, self.clips)]
        return found

    @cached_property
    def usual(self) -> Floats:
        """Mean training reaction (1, T, 25), frame by frame; past the longest training clip its last value stays."""
        total, count = np.zeros((self.frames, self.real.shape[2])), np.zeros((self.frames, 1))
        for k in self.packed.of("train"):
            values = self._attributes(self.packed.listener(int(k)))
            total[: len(values)] += values
            count[: len(values)] += 1
        known = int((count > 0).sum())
        mean = total[:known] / count[:known]
        return mean[np.minimum(np.arange(self.frames), known - 1)].astype(np.float32)[None]

    def _attributes(self, k: int) -> Floats:
        first = int(self.packed.offsets[k])
        stop = first + min(self.frames, self.packed.frames(k))
        return self.packed.attributes[first:stop].astype(np.float32)
