"""Training images/s of the networks on faces against plain eager PyTorch: `python benchmarks/training.py [--out]`.

Plain: the same network in float32 with channels first, pictures augmented one by one with OpenCV on the CPU in the
loop, Adam with its defaults; what a Keras script becomes when it is translated line by line. Ours: the step that
training takes (augmentation of the whole batch, channels last, bfloat16 where the device is fast at it, fused Adam).
Both with the same number of threads, in turns, on the same random pictures. Processor time beside wall time, since a
busy machine changes both alike; the ratio is of wall times.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from _script import parser, report
from faceloom import params
from faceloom.runtime import Runtime
from faceloom.stills.points import MIRRORED
from faceloom.tasks.emotion_cnn.network import EmotionNetwork
from faceloom.tasks.emotion_cnn.network import NetworkConfig as EmotionConfig
from faceloom.tasks.expression.network import ExpressionNetwork
from faceloom.tasks.expression.network import NetworkConfig as ExpressionConfig
from faceloom.tasks.keypoints.module import KeypointModule
from faceloom.tasks.keypoints.network import KeypointNetwork, NetworkConfig
from faceloom.tasks.pictures.classifier import ClassifierModule
from faceloom.tasks.pictures.recipe import ClassRecipe, EmotionRecipe, Recipe
from faceloom.tasks.trainer import choose_device, fast_precision

BATCH = 64
CLASSES = 7
Step = Callable[[], None]


@dataclass(frozen=True)
class Task:
    """A network and the pictures that it sees."""

    name: str
    size: int
    build: Callable[[], nn.Module]


TASKS = (
    Task("keypoints", 96, lambda: KeypointNetwork(NetworkConfig())),
    Task("expression", 96, lambda: ExpressionNetwork(ExpressionConfig(64, CLASSES))),
    Task("emotion_cnn", 48, lambda: EmotionNetwork(EmotionConfig(32, CLASSES))),
)


def pictures(task: Task) -> dict[str, Tensor]:
    """A batch, as packed files hold it."""
    generator = torch.Generator().manual_seed(0)
    return {
        "image": torch.randint(0, 256, (BATCH, task.size, task.size), generator=generator, dtype=torch.uint8),
        "label": torch.randint(0, CLASSES, (BATCH,), generator=generator),
        "points": torch.rand(BATCH, 15, 2, generator=generator) * task.size,
    }


def ours(task: Task, batch: dict[str, Tensor], device: str) -> Step:
    """The module's step, with the recipe of params.yaml."""
    section = getattr(params.Train(), task.name).model_dump() | {"schedule": "constant"}
    module: Any
    if task.name == "keypoints":
        module = KeypointModule(task.build(), Recipe(**section))
    else:
        recipe = EmotionRecipe(**section) if task.name == "emotion_cnn" else ClassRecipe(**section)
        module = ClassifierModule(task.build(), recipe, torch.ones(CLASSES))
    module._log = lambda *_, **__: None  # the curves are the trainer's
    module.to(device)
    optimizer = module.configure_optimizers()
    fast = fast_precision()[0] == "bf16-mixed"

    def step() -> None:
        moved = {name: tensor.to(device) for name, tensor in batch.items()}
        with torch.autocast(device, torch.bfloat16, enabled=fast):
            loss = module.training_step(moved, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def plain(task: Task, batch: dict[str, Tensor], device: str) -> Step:
    """The same network as a script would train it."""
    network = task.build().to(device)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    rng = np.random.default_rng(0)
    images, points = batch["image"].numpy(), batch["points"].numpy()

    def step() -> None:
        drawn = [augmented(image, shape, rng) for image, shape in zip(images, points, strict=True)]
        x = torch.stack([torch.from_numpy(image)[None] for image, _ in drawn]).to(device)
        y = network(x)
        if task.name == "keypoints":
            target = torch.stack([torch.from_numpy(shape) for _, shape in drawn]).to(device)
            loss = functional.mse_loss(y, target)
        else:
            loss = functional.cross_entropy(y, batch["label"].to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def augmented(image: Any, points: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """One picture turned, moved, sheared, zoomed, mirrored and lit at random, and its points."""
    side = len(image)
    image = image.astype(np.float32) / 255
    if rng.random() < 0.5:
        image, points = image[:, ::-1], np.stack([side - 1 - points[:, 0], points[:, 1]], 1)[list(MIRRORED)]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-15, 15), rng.uniform(0.9, 1.1))
    matrix[0, 1] += rng.uniform(-0.1, 0.1)
    matrix[:, 2] += rng.uniform(-0.1, 0.1, 2) * side
    moved = cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    points = (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    return np.clip(moved * rng.uniform(0.8, 1.2), 0, 1).astype(np.float32), points


@dataclass(frozen=True)
class Rate:
    """Images per second on the clock and per second of processor time."""

    wall: float
    cpu: float


def rates(steps: list[Step], device: str, turns: int) -> list[Rate]:
    """Medians over turns that the steps take one after the other."""
    found: list[list[tuple[float, float]]] = [[] for _ in steps]
    for turn in range(turns + 1):
        for k, step in enumerate(steps):
            start = time.perf_counter(), time.process_time()
            step()
            if device == "cuda":
                torch.cuda.synchronize()
            if turn:  # the first warms up
                found[k].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return [Rate(*(BATCH / statistics.median(values) for values in zip(*each, strict=True))) for each in found]


def table(device: str, threads: int, turns: int) -> Iterator[str]:
    """Line by line."""
    precision, why = fast_precision()
    yield f"{device}, {threads} thread(s), batches of {BATCH}, {precision} ({why}), median of {turns} turns.\n"
    yield "| network | plain images/s | ours images/s | ratio | plain per CPU second | ours per CPU second | ratio |"
    yield "|---|---|---|---|---|---|---|"
    for task in TASKS:
        batch = pictures(task)
        slow, fast = rates([plain(task, batch, device), ours(task, batch, device)], device, turns)
        yield (
            f"| {task.name} | {slow.wall:.0f} | {fast.wall:.0f} | {fast.wall / slow.wall:.2f} "
            f"| {slow.cpu:.0f} | {fast.cpu:.0f} | {fast.cpu / slow.cpu:.2f} |"
        )


def main() -> None:
    """Measure, print, write."""
    found = parser(__doc__)
    found.add_argument("--threads", type=int, default=2)
    found.add_argument("--turns", type=int, default=7)
    arguments = found.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(arguments.threads)
    lines = table(choose_device(Runtime.load().device)[0], arguments.threads, arguments.turns)
    report("Training throughput of the networks on faces", lines, out=arguments.out)


if __name__ == "__main__":
    main()
