"""A raw recording through the extractors of the stages, to what a trained listener is given of a speaker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from faceloom.errors import InputError
from faceloom.faces.extract import Faces
from faceloom.facs import REACT_ATTRIBUTES
from faceloom.features.audio.descriptors import Descriptors
from faceloom.features.audio.frames import SpeechFrames
from faceloom.features.audio.functionals import Functionals
from faceloom.features.facial import SIDECARS, Facial
from faceloom.features.pose import Pose
from faceloom.features.videomae import extractor as videomae
from faceloom.features.weights import extractors
from faceloom.media.decode import Decode
from faceloom.params import Params
from faceloom.runtime import Runtime
from faceloom.store import Clip, load_clips, map_clips, write_table
from faceloom.store.catalog import build
from faceloom.store.scan import EXTENSIONS, VIDEO
from faceloom.tasks.action_units.model import digest
from faceloom.tasks.reaction import attributes, features
from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.data import Sample
from faceloom.tasks.reaction.stretches import Halves

if TYPE_CHECKING:
    from faceloom.store.cache import Extractor


@dataclass(frozen=True)
class Workshop:
    """A folder in which one recording is treated as the stages treat a whole data set, with a cache of its own.

    Attributes:
        folder: Gets the catalog and the records.
        params: Settings of the extractors; they should be those of the training.
        models: Folder with `action_units`.
    """

    folder: Path
    params: Params
    models: Path

    def place(self, recording: Path) -> None:
        """Catalog a recording; raises InputError where it cannot be read, or has no picture and sound to work on."""
        if not recording.is_file():
            raise InputError(f"{recording}: no such file; give the path of a recording of the speaker.")
        if recording.suffix.lower() not in EXTENSIONS:
            raise InputError(f"{recording.name}: no recording by its name; give a film ({', '.join(VIDEO)}).")
        inside = self.folder / "recordings"
        inside.mkdir()
        (inside / recording.name).symlink_to(recording.absolute())
        table = build(inside, "folder", 0.0, 0.0)
        row = table.to_pylist()[0]
        if row["status"] != "ok":
            raise InputError(str(row["reason"]))
        if not row["has_video"]:
            raise InputError(
                f"{recording.name}: holds no video; a listener reacts to a face, give a film of the speaker."
            )
        write_table(self.folder / "catalog.parquet", [table])

    def clip(self, places: Sequence[str] = (), sidecars: Sequence[str] = ()) -> Clip:
        """The recording with the records of these folders."""
        folders = {place: self.folder / place for place in places}
        return load_clips(self.folder / "catalog.parquet", self.folder / "recordings", folders, sidecars)[0]

    def extract(self, wanted: Sequence[str]) -> None:
        """Decode, find faces, and run the extractors of the places (`features.places`) that are wanted."""
        p, model = self.params, self.models / "action_units"
        about: dict[str, Any] = {"model": model.as_posix(), "digest": digest(model), "long_side": p.decode.long_side}
        self._run("decoded", Decode(long_side=p.decode.long_side, gap=p.decode.gap))
        self._run("faces", Faces(**p.faces.model_dump()), ("decoded",))
        facial = Facial(source=p.facial.source, relative_to_neutral=p.facial.relative_to_neutral, **about)
        self._run("facial", facial, ("faces",), SIDECARS[p.facial.source])
        if any(place.startswith("audio") for place in wanted):
            self._audio(wanted)
        if "pose" in wanted:
            self._run("pose", Pose(**about), ("facial",), ("openface", "truth"))
        self._brought(wanted)

    def _audio(self, wanted: Sequence[str]) -> None:
        audio = self.params.audio
        self._run("audio/lld", Descriptors(), ("decoded",))
        frames = SpeechFrames(audio.n_mfcc, audio.window, audio.voiced_share)
        self._run("audio/frames", frames, ("decoded", "audio/lld"), names={"audio/lld": "lld"})
        if "audio/functionals" in wanted:
            self._run("audio/functionals", Functionals(audio.functionals_seconds or 60.0), ("decoded",))

    def _brought(self, wanted: Sequence[str]) -> None:
        """Networks whose weights the params name."""
        for network in extractors(self.params.facial):
            if f"facial/{network.name}" in wanted:
                self._run(f"facial/{network.name}", network, ("faces",))
        if "pose/videomae" in wanted and (mae := videomae(self.params.pose)) is not None:
            self._run("pose/videomae", mae, ("decoded",))

    def _run(
        self,
        place: str,
        extractor: Extractor,
        places: Sequence[str] = (),
        sidecars: Sequence[str] = (),
        names: dict[str, str] | None = None,
    ) -> None:
        """One extractor; raises InputError with what was wrong with the recording."""
        folders = {(names or {}).get(name, name): self.folder / name for name in places}
        clips = load_clips(self.folder / "catalog.parquet", self.folder / "recordings", folders, sidecars)
        # a cache of its own: in the project's, `faceloom cache gc` would take this one clip for all that is in use
        map_clips(extractor, clips, self.folder / place, runtime=replace(Runtime.load(), cache=self.folder / "cache"))
        row = pq.read_table(self.folder / place / "index.parquet").to_pylist()[0]
        if row["status"] != "ok":
            raise InputError(str(row["error"]))


def listen(workshop: Workshop, model: ReactionModel) -> Sample:
    """What the model is given of the speaker whose records are in the workshop.

    Raises:
        InputError: no frame shows a face, or the model wants a stream whose weights the params do not name.
    """
    names = [*model.streams, *model.vectors]
    places = features.places(names)
    absent = [place for place in places if not (workshop.folder / place / "index.parquet").is_file()]
    if absent:
        raise InputError(
            f"models/reaction was trained on data/{absent[0]}, which params.yaml switches off; name its weights there."
        )
    clip = workshop.clip(places)
    values, is_face = attributes.seen_face(clip)
    if not is_face.any():
        raise InputError(f"{clip.clip}: no frame shows a face; a listener reacts to one.")
    streams = {name: _stream(name, clip, values.astype(np.float16)) for name in model.streams}
    for name, width in model.streams.items():
        _require(name, streams[name].shape[1], width)
    vectors = {name: features.vector(name, clip, width).astype(np.float16) for name, width in model.vectors.items()}
    tokens = np.zeros((len(values), 3), np.int32)  # a speaker's are never read
    shown = np.zeros((len(values), len(REACT_ATTRIBUTES)), np.float32)
    return Sample(streams, vectors, tokens, shown, is_face)


def _stream(name: str, clip: Clip, seen: Halves) -> Halves:
    """A stream of a row a frame (T, width)."""
    if name in features.OF_FACES:
        return features.of_faces(name, seen, clip).astype(np.float16)
    rows = np.concatenate(list(features.rows(name, clip))).astype(np.float16)
    hop = features.hop(name, [clip])
    repeated: Halves = rows[np.minimum(np.arange(len(seen)) // hop, len(rows) - 1)]
    return repeated


def _require(name: str, found: int, wanted: int) -> None:
    if found != wanted:
        raise InputError(
            f"models/reaction: trained on `{name}` of {wanted} values a frame, but params.yaml now gives {found}; "
            "train it again, or use the params of its training."
        )
