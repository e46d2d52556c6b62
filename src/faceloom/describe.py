"""`faceloom describe`: a task's network as a table of layers, with output shapes and parameter counts.

Like Keras, the counts include the running statistics of batch normalisation, which are not trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
import yaml
from torch import Tensor, nn

from faceloom import params
from faceloom.errors import InputError

Example = tuple[nn.Module, tuple[Any, ...]]


@dataclass(frozen=True)
class Layer:
    """One row: the module's name and class, the shape of what it returns, its own parameters."""

    name: str
    kind: str
    shape: str
    parameters: int


def layers(task: str, preset: str | None = None) -> list[Layer]:
    """The rows of a task's network, in the order in which a batch of one runs through it.

    What it does not run through (another objective's layers, vectors of no layer) is one row more.

    Raises:
        InputError: the task or the preset is unknown.
    """
    if task not in TASKS:
        raise InputError(f"`{task}` is not a task; use one of {', '.join(TASKS)}.")
    module, inputs = TASKS[task](_settings(task, preset))
    return _trace(module, inputs)


def _settings(task: str, preset: str | None) -> params.Params:
    base = params.load() if Path("params.yaml").is_file() else params.Params()
    if preset is None:
        return base
    path = Path("params") / preset / f"{task}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(str(p.parent.name) for p in Path("params").glob(f"*/{task}.yaml"))) or "none"
        raise InputError(f"{path}: no such preset for {task}; there is: {known}.")
    return params.overlay(base, yaml.safe_load(path.read_text(encoding="utf-8")), path.name)


def _trace(module: nn.Module, inputs: tuple[Any, ...]) -> list[Layer]:
    rows: list[Layer] = []

    def note(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(part: nn.Module, _: Any, output: Any) -> None:
            if all(row.name != name for row in rows):
                own = sum(tensor.numel() for tensor in (*part.parameters(), *_statistics(part)))
                rows.append(Layer(name, type(part).__name__, _shape(output), own))

        return hook

    for name, part in module.named_modules():
        if not list(part.children()) and not isinstance(part, nn.Identity):
            part.register_forward_hook(note(name or type(part).__name__))
    with torch.no_grad():
        module.eval()(*inputs)
    whole = sum(tensor.numel() for tensor in module.parameters())
    whole += sum(tensor.numel() for part in module.modules() for tensor in _statistics(part))
    left = whole - sum(row.parameters for row in rows)
    return [*rows, Layer("all others", "", "", left)] if left else rows


def _statistics(part: nn.Module) -> list[Tensor]:
    if not isinstance(part, nn.BatchNorm2d) or part.running_mean is None or part.running_var is None:
        return []
    return [part.running_mean, part.running_var]


def _shape(output: Any) -> str:
    first = output[0] if isinstance(output, tuple) else output
    return " x ".join(map(str, first.shape)) if isinstance(first, Tensor) else ""


def _gesture(settings: params.Params) -> Example:
    from faceloom.sequences.tokenise import Tokenise
    from faceloom.tasks.gesture.module import Settings
    from faceloom.tasks.gesture.network import GestureNetwork
    from faceloom.tasks.gesture.train import network_config

    tokens = Tokenise(settings.tokenise.au_step, settings.tokenise.f0_step, settings.tokenise.f0_range)
    f0, au = len(tokens.f0.vocabulary), len(tokens.au.vocabulary)
    config = network_config(Settings(**settings.train.gesture.model_dump()), f0, au)
    length = settings.pack.gesture.length
    return GestureNetwork(config, torch.ones(f0)), (
        torch.zeros(1, length, dtype=torch.long),
        torch.zeros(1, length, config.units, dtype=torch.long),
    )


def _keypoints(settings: params.Params) -> Example:
    from faceloom.tasks.keypoints import network

    config = network.NetworkConfig(settings.train.keypoints.width)
    return network.KeypointNetwork(config), (torch.zeros(1, 1, network.SIZE, network.SIZE),)


def _expression(settings: params.Params) -> Example:
    from faceloom.tasks.expression import network

    config = network.NetworkConfig(settings.train.expression.width, _classes(settings.stills.expression))
    return network.ExpressionNetwork(config), (torch.zeros(1, 1, network.SIZE, network.SIZE),)


def _emotion_cnn(settings: params.Params) -> Example:
    from faceloom.tasks.emotion_cnn import network

    train = settings.train.emotion_cnn
    config = network.NetworkConfig(train.width, _classes(settings.stills.emotion_cnn), train.standardise)
    return network.EmotionNetwork(config), (torch.zeros(1, 1, network.SIZE, network.SIZE),)


def _classes(section: params.StillsClasses) -> int:
    from faceloom.stills.classes import CLASSES

    return len(CLASSES[section.classes])


def _reaction(settings: params.Params) -> Example:
    from faceloom.tasks.reaction.module import Settings
    from faceloom.tasks.reaction.network import ReactionNetwork
    from faceloom.tasks.reaction.train import sizes

    widths = {name: REACTION_WIDTHS[name] for name in settings.pack.reaction.features}
    codes = (5_976, settings.pack.reaction.expressions, 2_710)  # as many as published; data may hold fewer
    config = sizes(widths, codes, Settings.from_params(settings.train.reaction.model_dump()))
    frames = min(config.frames, 25)
    features = {name: torch.zeros(1, frames, width) for name, width in widths.items()}
    clip = {name: torch.zeros(1, width) for name, width in config.clip}
    return ReactionNetwork(config), (
        features,
        torch.ones(1, frames, dtype=torch.bool),
        torch.zeros(1, frames, 3, dtype=torch.long),
        clip,
    )


REACTION_WIDTHS: Final = {
    "facial": 25,
    "landmarks": 136,
    "head_pose": 6,
    "mfcc": 26,
    "prosody": 4,
    "cues": 12,
    "recent": 185,
    "me_graphau": 25_088,
    "resmasknet": 512,
    "efficientnet_va": 1_408,
    "videomae": 1_408,
    "functionals": 6_373,
    "lld": 194_805,
}
"""Of the feature streams of a dyad."""


TASKS: Final[dict[str, Callable[[params.Params], Example]]] = {
    "gesture": _gesture,
    "keypoints": _keypoints,
    "expression": _expression,
    "emotion_cnn": _emotion_cnn,
    "reaction": _reaction,
}
