"""Trained networks on single faces as ONNX files, checked against PyTorch before they are handed over."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from faceloom.errors import InputError
from faceloom.stills.classes import CLASSES

TASKS: Final = ("keypoints", "expression", "emotion_cnn")
NEEDED: Final = ("onnx", "onnxruntime", "onnxscript")
TOLERANCE: Final = 1e-4
"""Largest difference from PyTorch, relative to the largest output where that is above 1 (points are pixels)."""
OPSET: Final = 18
INPUT: Final = "faces"


class Probabilities(nn.Module):
    """A classifier whose softmax is part of the file."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, faces: Tensor) -> Tensor:
        """(N, 1, S, S), 0-1, to (N, classes)."""
        logits: Tensor = self.network(faces)
        return logits.softmax(dim=1)


def export(task: str, path: Path, models: Path = Path("models")) -> dict[str, str]:
    """Write a trained network as ONNX, for any number of faces at once.

    Args:
        task: `keypoints`, `expression` or `emotion_cnn`.
        path: File to write.
        models: Folder of the trained models.

    Returns:
        What the file says about itself: input, output, classes, framing of the faces.

    Raises:
        InputError: an unknown task, an absent model or package, or a file whose outputs are not PyTorch's.
    """
    _check(task, path, models)
    model = import_module(f"faceloom.tasks.{task}.checkpoint").load(models / task)
    side = model.about.framing.pixels if task == "expression" else model.size
    network = model.network if task == "keypoints" else Probabilities(model.network)
    about = describe(task, model, side)
    partial = path.with_name(f"{path.name}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _write(network.eval(), side, about, partial)
        if (found := difference(network, side, partial)) > TOLERANCE:
            raise InputError(f"{path}: its outputs differ by {found:.1e} from PyTorch's; nothing was written.")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return about


def _check(task: str, path: Path, models: Path) -> None:
    if task not in TASKS:
        raise InputError(f"`{task}` cannot be exported; use {', '.join(TASKS)}.")
    if path.suffix != ".onnx":
        raise InputError(f"{path}: name a file that ends with .onnx.")
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise InputError(f"{missing[0]}: not installed; run `pip install 'faceloom[export]'`.")
    if not (models / task / "model.safetensors").is_file():
        raise InputError(f"{models / task}: no trained model; fetch it with `dvc pull` or run `dvc repro`.")


def describe(task: str, model: Any, side: int) -> dict[str, str]:
    """The file's metadata: texts by key."""
    framing = model.about.framing
    names = "points" if task == "keypoints" else "classes"
    output = (
        f"points, float32 (N, 15, 2), x and y in pixels of a picture of {model.size}; pixel k has its centre at k"
        if task == "keypoints"
        else f"probabilities, float32 (N, {len(model.classes)})"
    )
    sets = [name for name, classes in CLASSES.items() if classes == tuple(model.classes)]
    about = {
        "task": task,
        "input": f"{INPUT}, float32 (N, 1, {side}, {side}), grey values 0-255 divided by 255: 0-1",
        "output": output,
        names: json.dumps(list(model.classes)),
        "framing": f"a square of {framing.margin:g} times the larger side of the box of the face's 68 landmarks, its "
        f"centre {framing.down:g} of that side below the box's",
    }
    return about | ({"class_set": sets[0]} if sets else {})


def _write(network: nn.Module, side: int, about: Mapping[str, str], path: Path) -> None:
    import onnx

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it counts the passes of its optimiser
    with warnings.catch_warnings():
        # PyTorch's exporter copies its tree specs, and their class warns of itself whenever one is made
        warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.* is deprecated", FutureWarning)
        program = torch.onnx.export(
            network,
            (torch.zeros(2, 1, side, side),),
            input_names=[INPUT],
            output_names=[about["output"].split(",")[0]],
            dynamic_shapes=({0: torch.export.Dim("N")},),
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    file = program.model_proto
    onnx.helper.set_model_props(file, dict(about))
    onnx.checker.check_model(file)
    onnx.save(file, str(path))


def difference(network: nn.Module, side: int, path: Path) -> float:
    """Largest difference between the file's outputs and the network's on random faces, one and five at once."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    largest = 0.0
    for count in (1, 5):
        faces = np.random.default_rng(count).random((count, 1, side, side), np.float32)
        (theirs,) = session.run(None, {INPUT: faces})
        with torch.inference_mode():
            ours = network(torch.from_numpy(faces)).numpy()
        largest = max(largest, float(np.abs(theirs - ours).max() / max(1.0, np.abs(ours).max())))
    return largest
