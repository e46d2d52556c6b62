"""Truth tables: what was drawn, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from faceloom.facs import AU_COLUMNS
from faceloom.studio.affect import affect, expression
from faceloom.studio.motion import Motion
from faceloom.studio.render import Rendered
from faceloom.studio.talk import Talk, on_grid
from faceloom.studio.units import labels_from_units

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """What a truth row needs of a rendered frame."""

    landmarks68: Floats
    visible68: npt.NDArray[np.bool_]
    keypoints15: Floats
    translation: Floats

    @classmethod
    def of(cls, rendered: Rendered) -> Seen:
        """Leave the picture behind."""
        return cls(rendered.landmarks68, rendered.visible68, rendered.keypoints15, rendered.translation)


def fixed(values: npt.NDArray[Any]) -> pa.FixedSizeListArray:
    """(n, ...) as a column of n flat lists."""
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])


def label_columns(units: Floats) -> dict[str, Any]:
    """Columns that follow from labelled weights (n, 52): action units, affect, expression."""
    aus = labels_from_units(units)
    feelings = affect(aus)
    columns = {name: pa.array(aus[:, k]) for k, name in enumerate(AU_COLUMNS)}
    columns |= {name: pa.array(feelings[:, k]) for k, name in enumerate(("valence", "arousal"))}
    return columns | {"expression": pa.array([str(name) for name in expression(aus)])}


def truth_table(motion: Motion, seen: Sequence[Seen], talk: Talk, times: Floats) -> pa.Table:
    """One row per frame; the columns of the contract."""
    sounds = on_grid(talk.phonemes, times)
    moved = np.stack([frame.translation for frame in seen])
    columns = {"frame": pa.array(np.arange(len(seen), dtype=np.int32)), **label_columns(motion.units)}
    columns |= {name: pa.array(motion.angles[:, k]) for k, name in enumerate(("yaw", "pitch", "roll"))}
    columns |= {name: pa.array(moved[:, k]) for k, name in enumerate(("tx", "ty", "tz"))}
    return pa.table(
        columns
        | {
            "keypoints15": fixed(np.stack([frame.keypoints15 for frame in seen])),
            "landmarks68": fixed(np.stack([frame.landmarks68 for frame in seen])),
            "visible68": fixed(np.stack([frame.visible68 for frame in seen])),
            "phoneme": pa.array(sounds),
            "word": pa.array(on_grid(talk.words, times)),
            "speaking": pa.array([bool(sound) for sound in sounds]),
            "occlusion": pa.array(np.zeros(len(seen), np.float32)),
            "units": fixed(motion.units),
        }
    )
