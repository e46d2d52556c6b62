"""Train the reaction network from a packed file and save it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from faceloom.errors import InputError
from faceloom.tasks import trainer
from faceloom.tasks.reaction import checkpoint, data
from faceloom.tasks.reaction.batches import Draws, DyadDataset
from faceloom.tasks.reaction.checkpoint import ReactionModel
from faceloom.tasks.reaction.codebooks import COLUMNS, STREAMS
from faceloom.tasks.reaction.data import Packed
from faceloom.tasks.reaction.module import ReactionModule, Settings
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.sampling import PRESETS
from faceloom.tasks.reaction.tokens import Group, NetworkConfig, Streams
from faceloom.tasks.reaction.windows import Window

GROUPS: Final[Mapping[str, str]] = {
    "facial": "face",
    "landmarks": "face",
    "me_graphau": "face",
    "resmasknet": "face",
    "efficientnet_va": "face",
    "head_pose": "pose",
    "videomae": "pose",
    "mfcc": "audio",
    "prosody": "audio",
    "cues": "audio",
    "recent": "audio",
    "functionals": "clip",
    "lld": "clip",
}
"""Token that each packed stream goes to."""

CHECKS: Final = 4
"""Stretches of each validation clip."""


def train(packed: Path, section: Mapping[str, Any], out: Path) -> trainer.History:
    """Train and write the model's folder (see `checkpoint`).

    Args:
        packed: `reaction.h5`.
        section: train.reaction of the params.
        out: Folder of the model.

    Returns:
        The curves, a row per epoch.

    Raises:
        InputError: too few dyads, a stream that belongs to no token, or `start` is no model of this kind.
    """
    found, settings = data.load(packed), Settings.from_params(section)
    check_presets(settings)
    module = build(found, settings)
    digest = trainer.fingerprint(packed)
    identity = trainer.identity(settings, digest, start=_start(settings))
    run = plan(settings, identity)
    if settings.matching_first and not run.is_begun:
        _match_first(module, found, identity)
        module = ReactionModule(module.network, settings)
    history = trainer.fit(module, *loaders(found, settings), run)
    if trainer.is_first():
        checkpoint.save(out, ReactionModel(module.trained, found.codebooks, asdict(settings)), digest, history)
    return history


def check_presets(settings: Settings) -> None:
    """Raises InputError for a preset that is none, or that does not fit the network: better now than after training."""
    for task in ("online", "offline"):
        name = getattr(settings, task)
        if name not in PRESETS:
            raise InputError(f"train.reaction.{task}: no preset `{name}`; use one of {', '.join(PRESETS)}.")
    Window.of(PRESETS[settings.online], settings.frames)


def _match_first(module: ReactionModule, found: Packed, identity: Mapping[str, Any]) -> None:
    """Teach matching alone, with the settings of `matching_first` in place of its own.

    Whether two belong together shows in no feature of either alone, so gradients are small at first, and those of the
    other objectives drown them.
    """
    settings = module.settings
    # without an average: the weights that go on are the last, not their mean
    first = replace(settings, stage="matching", matching_first={}, ema=0.0, **settings.matching_first)
    beginning = ReactionModule(module.network, first)
    trainer.fit(beginning, *loaders(found, first), plan(first, {**identity, "stage": "matching"}))


def plan(settings: Settings, identity: Mapping[str, Any]) -> trainer.Plan:
    """The run as the trainer wants it."""
    return trainer.Plan(
        "reaction_matching" if settings.stage == "matching" else "reaction",
        identity,
        settings.epochs,
        settings.patience,
        settings.seed,
        threads=settings.threads,
        precision=settings.precision,
        clip=settings.clip,
        accumulate=settings.accumulate,
    )


def loaders(packed: Packed, settings: Settings) -> tuple[DataLoader[Any], DataLoader[Any]]:
    """Training and validation batches; without enough validation dyads the training dyads are watched."""
    training = DyadDataset(packed, "train", settings.longest, settings.swap)
    split = "val" if len(packed.of("val")) > 1 else "train"
    if split == "train":
        print("reaction: fewer than two validation clips, so early stopping goes by the training dyads")
    watched = DyadDataset(packed, split, settings.longest)
    size, n = settings.batch_size, len(watched)
    stream = trainer.Stream(len(training), size, settings.seed, settings.batches)
    checks = [k % n for k in range(CHECKS * n)]
    return (
        _loader(training, Draws(stream, settings.seed, rank=trainer.rank(), world=trainer.world())),
        _loader(
            watched, Draws(Rows(checks, size), settings.seed, fixed=True, rank=trainer.rank(), world=trainer.world())
        ),
    )


class Rows(Sampler[list[int]]):
    """Given rows in batches."""

    def __init__(self, rows: list[int], size: int) -> None:
        self.parts = [rows[k : k + size] for k in range(0, len(rows), size)]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Any:
        return iter(self.parts)


def _loader(dataset: DyadDataset, draws: Draws) -> DataLoader[Any]:
    return DataLoader(dataset, batch_size=None, sampler=draws)


def build(packed: Packed, settings: Settings) -> ReactionModule:
    """The module that settings and data ask for: new weights from the seed, or those of the model to start from."""
    config = sizes({**packed.widths, **packed.clip_widths}, packed.codebooks.sizes, settings)
    trainer.seeded(settings.seed)
    network = ReactionNetwork(config)
    for group in (network.speaker.face, network.speaker.pose, network.speaker.audio):
        _standardise(group, packed)
    network.know([torch.from_numpy(getattr(packed.codebooks, name)) for name in STREAMS])
    network.expect(_usual(packed))
    if settings.start is not None:
        network.load_state_dict(_started(Path(settings.start), config, packed).network.state_dict())
    elif settings.stage == "finetune":
        raise InputError("train.reaction: stage `finetune` goes on from a model; name its folder in `start`.")
    return ReactionModule(network, settings)


def _usual(packed: Packed) -> list[torch.Tensor]:
    """Mean attributes of the training clips; with both directions of each dyad those are the listeners too."""
    clips = [packed.clip(int(k)).attributes.astype(np.float64) for k in packed.of("train")]
    mean = sum(x.sum(axis=0) for x in clips) / sum(len(x) for x in clips)
    return [torch.from_numpy(mean[COLUMNS[name]]).float() for name in STREAMS]


def sizes(widths: Mapping[str, int], codes: tuple[int, int, int], settings: Settings) -> NetworkConfig:
    """Sizes of the network for streams of these widths; raises InputError for a stream that no token takes."""
    groups: dict[str, Streams] = {"face": (), "pose": (), "audio": (), "clip": ()}
    for name, width in sorted(widths.items()):
        if name not in GROUPS:
            raise InputError(f"reaction: no token takes the stream `{name}`; use {', '.join(GROUPS)}.")
        groups[GROUPS[name]] += ((name, width),)
    if absent := set(settings.matching) - set(widths):
        raise InputError(
            f"train.reaction.matching: `{min(absent)}` is not packed; name of {', '.join(sorted(widths))}, or nothing."
        )
    return NetworkConfig(
        **groups,
        codes=codes,
        width=settings.width,
        layers=settings.layers,
        heads=settings.heads,
        dropout=settings.dropout,
        attention_dropout=settings.attention_dropout,
        noise=settings.noise,
        frames=settings.frames,
        matching=settings.matching,
        matching_frames=settings.matching_frames,
        matching_every=settings.matching_every,
        meaning=settings.meaning,
        positions=settings.positions,
        shortcut=settings.shortcut,
    )


def _standardise(group: Group, packed: Packed) -> None:
    for name in group.names:
        if name in packed.statistics:
            mean, deviation = torch.from_numpy(packed.statistics[name])
            group.standardise(name, mean, deviation)


def _started(folder: Path, config: NetworkConfig, packed: Packed) -> ReactionModel:
    """The model to go on from; raises InputError where it is one of other sizes or codebooks."""
    model = checkpoint.load(folder)
    rates: dict[str, Any] = {
        "dropout": config.dropout,
        "attention_dropout": config.attention_dropout,
        "noise": config.noise,
        "frames": config.frames,
        "matching": config.matching,
        "matching_frames": config.matching_frames,
        "matching_every": config.matching_every,
    }
    if replace(model.network.config, **rates) != config:
        raise InputError(f"{folder}: its network has other sizes than train.reaction asks for; train it again.")
    if model.codebooks.fingerprint != packed.codebooks.fingerprint:
        raise InputError(f"{folder}: it was trained with other codebooks than {packed.path.name} has; train it again.")
    return model


def _start(settings: Settings) -> str | None:
    return None if settings.start is None else trainer.fingerprint(Path(settings.start) / checkpoint.WEIGHTS)
