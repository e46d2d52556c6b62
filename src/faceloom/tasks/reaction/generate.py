"""Reactions to the held-out speakers, written as the challenge wants them: (N, samples, T, 25), float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.data import Sample
from faceloom.tasks.reaction.held_out import HeldOut
from faceloom.tasks.reaction.stretches import Halves

SAMPLES: Final = 10
"""Reactions to each speaker that the challenge asks for."""

Hearing = Callable[[HeldOut, int], Sample]
"""What the model is given in place of the speaker of a row."""


def write_predictions(model: ReactionModel, held_out: HeldOut, task: str, out: Path) -> NDArray[np.float32]:
    """Generate online or offline reactions into a .npy file, clip by clip; returns it memory-mapped.

    Clip n draws from seed n, so that a clip's reactions do not depend on how many others there are.
    """
    predictions = predict(model, held_out, task, heard, out=out)
    predictions.flush()  # type: ignore[attr-defined]
    return np.load(out, mmap_mode="r")  # type: ignore[no-any-return]


def predict(
    model: ReactionModel,
    held_out: HeldOut,
    task: str,
    hearing: Hearing,
    samples: int = SAMPLES,
    out: Path | None = None,
) -> NDArray[np.float32]:
    """Reactions (N, samples, T, 25) to what `hearing` gives for each row, in memory or in a file."""
    shape = (len(held_out), samples, held_out.frames, held_out.real.shape[2])
    predictions = np.empty(shape, np.float32) if out is None else open_memmap(out, "w+", np.float32, shape)
    for row in range(len(held_out)):
        predictions[row] = model.react(hearing(held_out, row), task, samples=samples, seed=row)
    return predictions


def heard(held_out: HeldOut, row: int) -> Sample:
    """The speaker."""
    return held_out.packed.clip(int(held_out.clips[row]), 0, held_out.frames)


def silent(held_out: HeldOut, row: int) -> Sample:
    """Nobody: every feature is missing, which the network takes for the mean of the training speakers, at all times."""
    speaker = heard(held_out, row)
    features, vectors = _missing(speaker.features), _missing(speaker.clip_features)
    return replace(speaker, features=features, clip_features=vectors, is_face=np.ones_like(speaker.is_face))


def stranger(held_out: HeldOut, row: int) -> Sample:
    """The next speaker to whom other reactions are appropriate, or simply the next one."""
    others = np.roll(np.arange(len(held_out)), -row - 1)
    unlike = [other for other in others if not held_out.appropriate[row, other]]
    return heard(held_out, int((unlike or list(others))[0]))


def _missing(features: Mapping[str, Halves]) -> dict[str, Halves]:
    return {name: np.full_like(values, np.nan) for name, values in features.items()}
