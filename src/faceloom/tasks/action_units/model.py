"""The estimator: one matrix from face geometry to action units, affect and expressions, with what it needs to run.

At run time it is plain NumPy; nothing is unpickled.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from faceloom.errors import InputError
from faceloom.facs import AFFECT, AUS, EXPRESSIONS, MAX_INTENSITY
from faceloom.features.face_geometry import NAMES, features
from faceloom.features.mouth_texture import SIZE

Array = npt.NDArray[np.float32]

WEIGHTS, CONFIG = "model.safetensors", "config.json"
FORMAT: Final = 1
FEATURES: Final = (*NAMES, *(f"mouth_hog_{k}" for k in range(SIZE)))
"""What the columns of the features are."""


@dataclass(frozen=True)
class Estimate:
    """What faces show, n of them: NaN where there is no face."""

    units: Array
    """(n, 17), 0-5."""
    affect: Array
    """(n, 2), valence and arousal, -1 to 1."""
    expressions: Array
    """(n, 8), probabilities."""


@dataclass(frozen=True)
class Linear:
    """`(x - mean) / scale @ weights + bias` for features (n, F): weights (F, K)."""

    mean: Array
    scale: Array
    weights: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """(n, K)."""
        return np.asarray((x - self.mean) / self.scale @ self.weights + self.bias, dtype=np.float32)


@dataclass(frozen=True)
class Model:
    """Two linear maps of the same features: of the face as it is, and of its difference from the person's median."""

    template: Array
    """(468, 3): the mean face in the head frame, which faces are aligned to."""
    absolute: Linear
    relative: Linear
    about: dict[str, Any]
    """Where it comes from: alpha, number of faces and identities, fingerprint of the data, versions."""

    def features(self, landmarks: Array, iris: Array, texture: Array) -> Array:
        """Features (n, F) of landmarks (n, 468, 3), eyes (n, 2, 76, 2) and mouths (n, mouth_texture.SIZE)."""
        return np.concatenate([features(landmarks, iris, self.template), texture], axis=1)

    def __call__(self, x: Array, neutral: Array | None = None) -> Estimate:
        """Read features (n, F); with the person's neutral features (F,), by their difference from them."""
        outputs = self.absolute(x) if neutral is None else self.relative(x - neutral)
        n = len(AUS)
        units, affect, logits = outputs[:, :n], outputs[:, n : n + len(AFFECT)], outputs[:, n + len(AFFECT) :]
        return Estimate(np.clip(units, 0, MAX_INTENSITY), np.clip(affect, -1, 1), softmax(logits))


def softmax(logits: Array) -> Array:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def save(model: Model, folder: Path) -> None:
    """Write `model.safetensors` and `config.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {"template": model.template}
    for name in ("absolute", "relative"):
        tensors |= {f"{name}.{key}": np.ascontiguousarray(value) for key, value in asdict(getattr(model, name)).items()}
    save_file(tensors, folder / WEIGHTS)
    config = {
        "format": FORMAT,
        "outputs": [*AUS, *AFFECT, *EXPRESSIONS],
        "about": model.about,
        "features": list(FEATURES),
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> Model:
    """Read a saved model.

    Raises:
        InputError: it is missing, or made for other features or outputs than this version computes.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
    except FileNotFoundError as error:
        raise InputError(
            f"{error.filename or folder / WEIGHTS}: no such file; run `dvc repro train@action_units`."
        ) from None
    made_for = (config.get("format"), config.get("features"), config.get("outputs"))
    if made_for != (FORMAT, list(FEATURES), [*AUS, *AFFECT, *EXPRESSIONS]):
        raise InputError(
            f"{folder}: made by another version of faceloom (its features differ); run `dvc repro train@action_units`."
        )
    maps = {
        name: Linear(**{key: tensors[f"{name}.{key}"] for key in ("mean", "scale", "weights", "bias")})
        for name in ("absolute", "relative")
    }
    return Model(tensors["template"], maps["absolute"], maps["relative"], config["about"])


def digest(folder: Path) -> str:
    """BLAKE2b of the model's files: the identity of what it computes.

    Raises:
        InputError: there is no model.
    """
    if not (folder / WEIGHTS).is_file():
        raise InputError(f"{folder / WEIGHTS}: no such file; run `dvc repro train@action_units`.")
    return blake2b((folder / WEIGHTS).read_bytes(), digest_size=16).hexdigest()
