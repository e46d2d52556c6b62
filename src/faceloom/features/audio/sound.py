"""Where the audio extractors get their samples."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from faceloom.media.read import audio_blocks
from faceloom.store import Clip


def blocks_of(clip: Clip) -> Iterator[NDArray[np.float32]]:
    """Yield the clip's 16 kHz mono samples, -1 to 1, from frame 0 on; nothing where it has no audio."""
    if "decoded" in clip.media:
        yield from (block for block in audio_blocks(clip.media["decoded"]) if len(block))
