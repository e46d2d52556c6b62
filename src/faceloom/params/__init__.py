"""params.yaml, typed and validated: one section per stage, only what changes results."""

from __future__ import annotations

from faceloom.params.features import Align, Audio, Facial, Pose, Tokenise
from faceloom.params.packing import (
    Pack,
    PackGesture,
    PackReaction,
    Stills,
    StillsActionUnits,
    StillsClasses,
    StillsFaces,
    StillsKeypoints,
)
from faceloom.params.pictures import Augment, TrainClasses, TrainPictures
from faceloom.params.recordings import Catalog, Decode, Faces, Split, Studio
from faceloom.params.section import Section
from faceloom.params.training import (
    Finetune,
    FinetuneReaction,
    Train,
    TrainActionUnits,
    TrainGesture,
    TrainReaction,
)
from faceloom.params.whole import Params, Report, load, overlay, parse

__all__ = [
    "Align",
    "Audio",
    "Augment",
    "Catalog",
    "Decode",
    "Faces",
    "Facial",
    "Finetune",
    "FinetuneReaction",
    "Pack",
    "PackGesture",
    "PackReaction",
    "Params",
    "Pose",
    "Report",
    "Section",
    "Split",
    "Stills",
    "StillsActionUnits",
    "StillsClasses",
    "StillsFaces",
    "StillsKeypoints",
    "Studio",
    "Tokenise",
    "Train",
    "TrainActionUnits",
    "TrainClasses",
    "TrainGesture",
    "TrainPictures",
    "TrainReaction",
    "load",
    "overlay",
    "parse",
]
