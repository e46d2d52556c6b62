"""The reaction network as Lightning trains it: three objectives of equal weight, or fewer (`OBJECTIVES`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import lightning
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from faceloom.tasks.reaction import objectives
from faceloom.tasks.reaction.network import ReactionNetwork

Batch = dict[str, Tensor]
CHECK: Final = 20_231
"""Seed of what validation hides: the same in every epoch."""


OBJECTIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "matching": ("slm",),
    "pretrain": ("slm", "mrm", "crm"),
    "finetune": ("slm", "mrm"),
}
"""What each stage learns."""


@dataclass(frozen=True)
class Settings:
    """How to train; section train.reaction of `params.yaml` has what the DAG trains with, and says why."""

    seed: int = 7
    stage: Literal["matching", "pretrain", "finetune"] = "pretrain"
    start: str | None = None
    width: int = 64
    layers: int = 2
    heads: int = 4
    dropout: float = 0.1
    attention_dropout: float = 0.0
    noise: float = 0.0
    frames: int = 100
    matching: tuple[str, ...] = ()
    matching_frames: int = 0
    matching_every: int = 1
    matching_first: Mapping[str, Any] = field(default_factory=dict)
    meaning: bool = True
    positions: float = 0.2
    shortcut: bool = True
    chunks: tuple[int, ...] = (1, 5)
    swap: float = 0.2
    forget: float = 0.7
    value_loss: float = 3.0
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: int = 20
    schedule: Literal["constant", "cosine"] = "cosine"
    clip: float | None = 10.0
    batch_size: int = 6
    accumulate: int = 1
    batches: int = 20
    epochs: int = 8
    patience: int = 3
    ema: float = 0.0
    precision: str = "32-true"
    checkpointing: bool = False
    threads: int = 2
    online: str = "online-frame"
    offline: str = "offline-8steps"

    @classmethod
    def from_params(cls, section: Mapping[str, Any]) -> Settings:
        """From a params section; lists become tuples, null of `matching_first` nothing."""
        values: dict[str, Any] = {name: tuple(x) if isinstance(x, list) else x for name, x in section.items()}
        return cls(**values | {"matching_first": values.get("matching_first") or {}})

    @property
    def longest(self) -> int:
        """Frames of a training stretch, of which the objectives other than matching see `frames`."""
        return max(self.frames, self.matching_frames)

    @property
    def steps(self) -> int:
        """Of the optimizer, in the whole run."""
        return self.epochs * -(-self.batches // self.accumulate)


class ReactionModule(lightning.LightningModule):
    """Losses, metrics and optimizer around the network.

    Args:
        network: The network.
        settings: How to train.
    """

    def __init__(self, network: ReactionNetwork, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings
        network.checkpointing = settings.checkpointing
        self.average = _average(network, settings.ema)
        network.requires_grad_(requires_grad=True)
        for part in unreached(network, settings.stage):  # DDP waits for every gradient
            part.requires_grad_(requires_grad=False)

    @property
    def trained(self) -> ReactionNetwork:
        """What validation judges and the model's folder keeps: the averaged network where there is one."""
        found = self.network if self.average is None else self.average.module
        assert isinstance(found, ReactionNetwork)
        return found

    def training_step(self, batch: Batch, _: int) -> Tensor:
        """The sum of the objectives."""
        losses = self.losses(self.network, batch, chunk=self._chunk())
        total = torch.stack([losses[name] for name in self.names]).sum()
        self._log({"train_loss": total} | {f"train_{name}": value for name, value in losses.items()}, batch)
        return total

    def validation_step(self, batch: Batch, _: int) -> None:
        """The same with nothing left to chance, and the share of matched pairs."""
        generator = torch.Generator().manual_seed(CHECK)
        losses = self.losses(self.trained, batch, chunk=self.settings.chunks[0], generator=generator)
        total = torch.stack([losses[name] for name in self.names]).sum()
        self._log({"val_loss": total} | {f"val_{name}": value for name, value in losses.items()}, batch)

    @property
    def names(self) -> tuple[str, ...]:
        """The stage's objectives."""
        return OBJECTIVES[self.settings.stage]

    def losses(
        self, network: ReactionNetwork, batch: Batch, chunk: int, generator: torch.Generator | None = None
    ) -> dict[str, Tensor]:
        """The stage's objectives by name, and `matching`, the share of right answers."""
        out, values = _matched(network, batch), self.settings.value_loss
        batch = part(batch, self.settings.frames, generator)
        speaker, clip = _named(batch, "speaker/"), _named(batch, "clip/")
        is_face, real, valid = batch["is_face"], batch["real"], batch.get("valid")
        if "mrm" in self.names:
            out["mrm"] = objectives.masked_loss(network, speaker, is_face, clip, real, valid, generator, values)
        if "crm" in self.names:
            forgets = self._forgets(len(real), generator).to(real.device)
            out["crm"] = objectives.causal_loss(network, speaker, is_face, real, chunk, valid, forgets, values)
        return out

    def on_train_batch_end(self, *_: Any) -> None:
        """Let the average follow, once an optimizer step."""
        if self.average is not None and self.trainer.fit_loop._should_accumulate() is False:
            self.average.update_parameters(self.network)

    def configure_optimizers(self) -> Any:
        """AdamW with decay of linear weights alone; warm-up, then constant or half a cosine."""
        s = self.settings
        optimizer = torch.optim.AdamW(groups(self.network, s.weight_decay), lr=s.learning_rate, betas=(0.9, 0.95))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, s))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _chunk(self) -> int:
        chunks = self.settings.chunks
        return chunks[int(torch.randint(len(chunks), ()))]

    def _forgets(self, size: int, generator: torch.Generator | None) -> Tensor:
        return torch.rand(size, generator=generator) < self.settings.forget

    def _log(self, values: dict[str, Tensor], batch: Batch) -> None:
        size = len(batch["is_face"])
        for name, value in values.items():
            self.log(name, value, on_step=False, on_epoch=True, batch_size=size, sync_dist=True)


def unreached(network: ReactionNetwork, stage: str) -> list[nn.Module]:
    """Parts of the network to which no objective of a stage comes."""
    learnt = OBJECTIVES[stage]
    parts = [] if "crm" in learnt else [block.get_submodule("causal") for block in network.blocks]
    return parts if "mrm" in learnt else [*parts, network.heads, network.clip]


def rate(step: int, settings: Settings) -> float:
    """Share of the learning rate at an optimizer step, counted from 0."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    if settings.schedule == "constant":
        return 1.0
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return (1 + math.cos(math.pi * min(1.0, done))) / 2


def groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters that decay (weights of linear layers) and all others."""
    decayed = [module.weight for module in network.modules() if isinstance(module, nn.Linear)]
    known = {id(weight) for weight in decayed}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in known]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]


def _average(network: ReactionNetwork, decay: float) -> AveragedModel | None:
    if not decay:
        return None
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]
    return average.requires_grad_(requires_grad=False)


def part(batch: Batch, frames: int, generator: torch.Generator | None = None) -> Batch:
    """So many frames of a longer stretch, the same of every dyad, somewhere in it; without the stranger."""
    longest = batch["is_face"].shape[1]
    first = int(torch.randint(longest - frames + 1, (), generator=generator)) if longest > frames else 0
    timed = {name: x for name, x in batch.items() if name.startswith(("speaker/", "is_face", "real", "valid"))}
    clips = {name: x for name, x in batch.items() if name.startswith("clip/")}
    return clips | {name: x[:, first : first + frames] for name, x in timed.items()}


def _matched(network: ReactionNetwork, batch: Batch) -> dict[str, Tensor]:
    loss, right = objectives.matching_loss(
        network,
        _named(batch, "speaker/"),
        batch["is_face"],
        batch["real"],
        batch["fake"],
        batch.get("valid"),
        batch.get("fake_valid"),
    )
    return {"slm": loss, "matching": right}


def _named(batch: Batch, prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in batch.items() if name.startswith(prefix)}
