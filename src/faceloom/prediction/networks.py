"""The trained models, run on the faces of many pictures at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError
from faceloom.facs import AFFECT, AU_COLUMNS
from faceloom.features.head_pose import align, angles_of
from faceloom.features.iris import eye_frame
from faceloom.prediction.observe import Seen
from faceloom.stills.framing import Framing
from faceloom.stills.points import COLUMNS

if TYPE_CHECKING:
    from faceloom.tasks.action_units.model import Model

Array = npt.NDArray[np.float32]
Columns = dict[str, npt.NDArray[Any]]

Name = Literal["keypoints", "expression", "emotion_cnn", "action_units"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)
DEFAULT: Final[tuple[Name, ...]] = ("keypoints", "expression", "action_units")
CLASSIFIERS: Final[tuple[str, ...]] = ("expression", "emotion_cnn")
ANGLES: Final = ("yaw", "pitch", "roll")


@dataclass(frozen=True)
class Networks:
    """The models that were asked for."""

    keypoints: Any | None = None
    classifiers: dict[str, Any] = field(default_factory=dict)
    action_units: Model | None = None

    @property
    def framings(self) -> list[Framing]:
        """What they want to see of a face, each once."""
        models = [self.keypoints] if self.keypoints else []
        return list(dict.fromkeys(model.about.framing for model in [*models, *self.classifiers.values()]))

    @property
    def classes(self) -> tuple[str, ...]:
        """What the column `emotion` counts."""
        first = next(iter(self.classifiers.values()), None)
        return first.classes if first else ()

    def names(self) -> list[tuple[str, type]]:
        """The columns of `__call__` and their types."""
        points = COLUMNS if self.keypoints else ()
        emotion: list[tuple[str, type]] = [("emotion", np.int8), ("emotion_name", str)] if self.classifiers else []
        floats = [f"{name}_{word}" for name, model in self.classifiers.items() for word in model.classes]
        floats += [*AU_COLUMNS, *AFFECT, *ANGLES] if self.action_units else []
        return [*((name, np.float32) for name in points), *emotion, *((name, np.float32) for name in floats)]

    def __call__(self, seen: Sequence[Seen]) -> Columns:
        """Columns of n faces; coordinates in the pixels of each one's picture, NaN where a face has no landmarks."""
        columns: Columns = {}
        if self.keypoints:
            columns |= dict(zip(COLUMNS, self._points(seen).reshape(len(seen), len(COLUMNS)).T, strict=True))
        for name, model in self.classifiers.items():
            p = model.predict(_crops(seen, model)[0])
            if "emotion" not in columns:
                best = p.argmax(axis=1).astype(np.int8)
                columns |= {"emotion": best, "emotion_name": np.array(model.classes, dtype=object)[best]}
            columns |= {f"{name}_{word}": p[:, k] for k, word in enumerate(model.classes)}
        if self.action_units:
            columns |= behaviour(self.action_units, seen)
        return columns

    def _points(self, seen: Sequence[Seen]) -> Array:
        images, rois = _crops(seen, self.keypoints)
        points = self.keypoints.predict(images)  # type: ignore[union-attr]
        flat = np.concatenate([points, np.zeros_like(points[..., :1])], axis=2)
        side = self.keypoints.size  # type: ignore[union-attr]
        placed = [roi.from_crop(one, side)[:, :2] for roi, one in zip(rois, flat, strict=True)]
        return np.stack(placed) if placed else np.zeros((0, *points.shape[1:]), np.float32)


def _crops(seen: Sequence[Seen], model: Any) -> tuple[npt.NDArray[np.uint8], list[Any]]:
    framing = model.about.framing
    empty = np.zeros((0, framing.pixels, framing.pixels), np.uint8)
    cut = [one.crops[framing] for one in seen]
    return (np.stack([image for image, _ in cut]) if cut else empty), [roi for _, roi in cut]


def behaviour(model: Model, seen: Sequence[Seen]) -> Columns:
    """Action units, valence, arousal and head angles; NaN where there are no landmarks."""
    names = (*AU_COLUMNS, *AFFECT, *ANGLES)
    values = np.full((len(seen), len(names)), np.nan, np.float32)
    known = [k for k, one in enumerate(seen) if one.eyes is not None and one.texture is not None]
    if known:
        landmarks = np.stack([seen[k].landmarks for k in known])
        eyes = eye_frame(np.stack([np.asarray(seen[k].eyes) for k in known]))
        estimate = model(model.features(landmarks, eyes, np.stack([np.asarray(seen[k].texture) for k in known])))
        angles = angles_of(align(landmarks, model.template).rotation)
        values[known] = np.concatenate([estimate.units, estimate.affect, angles], axis=1)
    return dict(zip(names, values.T, strict=True))


def load(folder: Path, names: Sequence[str] = DEFAULT) -> Networks:
    """Read models.

    Args:
        folder: With a folder for each model.
        names: Of NAMES.

    Raises:
        InputError: an unknown name, or a model that is absent or broken.
    """
    for name in names:
        if name not in NAMES:
            raise InputError(f"`{name}` is not a model; use {', '.join(NAMES)}.")
        if not (folder / name / "model.safetensors").is_file():
            raise InputError(f"{folder / name}: no trained model; fetch it with `dvc pull` or run `dvc repro`.")
    models: dict[str, Any] = {name: _load(folder / name) for name in NAMES if name in names}
    chosen = {name: models[name] for name in CLASSIFIERS if name in models}
    return Networks(models.get("keypoints"), chosen, models.get("action_units"))


def _load(folder: Path) -> Any:
    if folder.name == "action_units":
        from faceloom.tasks.action_units.model import load as load_estimator

        return load_estimator(folder)
    import torch

    model = import_module(f"faceloom.tasks.{folder.name}.checkpoint").load(folder)
    model.network.to(memory_format=torch.channels_last)  # halves the time of a batch on a CPU
    return model
