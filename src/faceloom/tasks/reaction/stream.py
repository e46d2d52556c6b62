"""A listener for a live speaker: push frames, get reactions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.online import OnlineDecoder
from faceloom.tasks.reaction.sampling import Sampling

Floats = NDArray[np.float32]


class ReactionStream:
    """Reactions to one speaker, frame by frame.

    A frame is answered as soon as its chunk is there: with a chunk of 1 at once, with 5 after at most 0.2 s. Time and
    memory of a push do not depend on how long the stream is.

    Args:
        model: Of `checkpoint.load`.
        sampling: How to draw; None: as the model was trained to.
        samples: Reactions at once.
        seed: One seed, one result.
    """

    def __init__(
        self, model: ReactionModel, sampling: Sampling | None = None, samples: int = 10, seed: int = 0
    ) -> None:
        self.model, self.samples = model, samples
        self.sampling = sampling or model.sampling("online")
        self.decoder = OnlineDecoder(model.network, self.sampling, samples, seed)
        self._waiting: list[tuple[dict[str, Floats], bool]] = []

    def push(self, frame: Mapping[str, NDArray[Any]], is_face: bool = True) -> Floats:
        """One more frame of the speaker.

        Args:
            frame: A vector by feature stream, as packed.
            is_face: Whether there is a face.

        Returns:
            Attributes (samples, n, 25) of the n frames that can be answered now: none or a whole chunk.

        Raises:
            InputError: a stream is missing or of another width.
        """
        self._waiting.append((self._checked(frame), bool(is_face)))
        return self._answer() if len(self._waiting) == self.sampling.chunk else self._none()

    def finish(self) -> Floats:
        """Attributes (samples, n, 25) of the frames of a last, incomplete chunk; the stream ends with it."""
        return self._answer() if self._waiting else self._none()

    def _answer(self) -> Floats:
        frames, faces = zip(*self._waiting, strict=True)
        self._waiting = []
        device = self.model.network.match_token.device
        features = {
            name: torch.from_numpy(np.stack([frame[name] for frame in frames])).to(device)
            for name in self.model.streams
        }
        return self.model.attributes(self.decoder.push(features, torch.tensor(faces, device=device)))

    def _none(self) -> Floats:
        return self.model.codebooks.decode(np.empty((self.samples, 0, 3), np.int32))

    def _checked(self, frame: Mapping[str, NDArray[Any]]) -> dict[str, Floats]:
        for name, width in self.model.streams.items():
            found = np.shape(frame[name]) if name in frame else "missing"
            if found != (width,):
                raise InputError(f"reaction stream: feature `{name}` is {found}; the model needs ({width},).")
        return {name: np.asarray(frame[name], np.float32) for name in self.model.streams}
