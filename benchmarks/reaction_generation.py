"""Online reactions with and without the key/value cache: `python benchmarks/reaction_generation.py [--out]`.

The network has the size that params.yaml asks for and random weights, but knows the whole clip of `--frames`; preset
`online-frame`. Decoding without a cache, a full forward over the past for every frame, is timed at frames spread over
the clip and summed by the trapezoidal rule. Then the same clip with a network that knows `train.reaction.frames` as it
does by default, so that what a frame looks back on is bounded: its cost should not grow with t. Times are of the
processor, so that a busy machine changes both alike; those on the clock are given beside them. The published size is
timed as well, on the clock and with the cache alone: the clip on a CUDA device, or its first second on all cores.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from _script import parser, report
from faceloom import params
from faceloom.tasks.reaction import data
from faceloom.tasks.reaction.module import Settings
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.online import OnlineDecoder
from faceloom.tasks.reaction.sampling import PRESETS
from faceloom.tasks.reaction.tokens import NetworkConfig
from faceloom.tasks.reaction.train import sizes

PRESET = "online-frame"
PARTS = 5
SECOND = 25
PACKED = Path("data/packed/reaction.h5")
DEFAULT = {"facial": 25, "head_pose": 6, "mfcc": 26, "cues": 12, "recent": 185}
CODES = (899, 128, 881)
"""Of the default studio's dyads, where they are not packed."""
PUBLISHED = {"me_graphau": 25_088, "resmasknet": 512, "efficientnet_va": 1_408, "videomae": 1_408, "mfcc": 26}


def default_size() -> NetworkConfig:
    """Of params.yaml."""
    settings = Settings.from_params(params.load().train.reaction.model_dump())
    if not PACKED.is_file():
        return sizes(DEFAULT, CODES, settings)
    found = data.load(PACKED)
    return sizes({**found.widths, **found.clip_widths}, found.codebooks.sizes, settings)


def published_size(frames: int) -> NetworkConfig:
    """Of reference 4."""
    settings = Settings(width=768, layers=8, heads=12, frames=frames, meaning=False, positions=1.0)
    return sizes(PUBLISHED | {"functionals": 6_373, "lld": 194_805}, (5_976, 8_000, 2_710), settings)


def built(config: NetworkConfig) -> ReactionNetwork:
    """With random weights."""
    torch.manual_seed(0)
    return ReactionNetwork(config).eval()


def speaker(network: ReactionNetwork, frames: int) -> tuple[dict[str, Tensor], Tensor]:
    """Random features."""
    config, device = network.config, network.match_token.device
    streams = (*config.face, *config.pose, *config.audio)
    features = {name: torch.randn(frames, width, device=device) for name, width in streams}
    return features, torch.ones(frames, dtype=torch.bool, device=device)


class Clock:
    """Seconds of the processor and on the wall."""

    def __init__(self) -> None:
        self.start = time.process_time(), time.perf_counter()

    def spent(self) -> tuple[float, float]:
        """Since the start."""
        return time.process_time() - self.start[0], time.perf_counter() - self.start[1]


def cached(network: ReactionNetwork, samples: int, frames: int) -> tuple[np.ndarray, Tensor]:
    """Seconds of each frame (frames, 2), and the codes; the window is all that the network knows."""
    features, is_face = speaker(network, frames)
    sampling = replace(PRESETS[PRESET], window=network.config.frames)
    decoder = OnlineDecoder(network, sampling, samples, frames=frames)
    seconds, codes = [], []
    for t in range(frames):
        clock = Clock()
        codes.append(decoder.push({name: x[t : t + 1] for name, x in features.items()}, is_face[t : t + 1]).codes)
        if is_face.is_cuda:
            torch.cuda.synchronize()
        seconds.append(clock.spent())
    return np.array(seconds), torch.cat(codes, dim=1)


@torch.inference_mode()
def uncached(network: ReactionNetwork, codes: Tensor, at: list[int]) -> np.ndarray:
    """Seconds of a full forward over the past at each of some frames, (n, 2)."""
    features, is_face = speaker(network, codes.shape[1])
    out = []
    for t in [at[-1], *at]:  # the first call, which allocates, is not counted
        clock = Clock()
        past = {name: x[None, : t + 1] for name, x in features.items()}
        network.logits(network.online(past, is_face[None, : t + 1], codes[:, : t + 1])[:, -1:])
        out.append(clock.spent())
    return np.array(out[1:])


def table(config: NetworkConfig, args: argparse.Namespace) -> Iterator[str]:
    """Line by line, since it takes minutes."""
    torch.set_num_threads(args.threads)
    frames, at = args.frames, np.linspace(0, args.frames - 1, args.points).astype(int).tolist()
    yield described(config)
    yield f"{args.samples} reactions at once, {PRESET}, {frames} frames, {args.threads} thread(s), CPU.\n"
    yield "| way | processor s | wall s | frames per processor s |\n|---|---|---|---|"
    network = built(replace(config, frames=frames))
    seconds, codes = cached(network, args.samples, frames)
    with_cache = seconds.sum(axis=0)
    yield row(f"with a cache, knows {frames} frames", with_cache, frames)
    full = uncached(network, codes, at)
    without = np.trapezoid(full, at, axis=0)
    yield row(f"without, from {args.points} frames", without, frames)
    bounded, _ = cached(built(config), args.samples, frames)
    yield row(f"with caches, knows {config.frames} frames (default)", bounded.sum(axis=0), frames)
    yield f"\nRatio: {without[0] / with_cache[0]:.0f} of processor time, {without[1] / with_cache[1]:.0f} on the clock."
    yield f"\nMedian processor ms a frame in each fifth of the clip (real time: {1000 / 25:.1f}):\n"
    yield f"- with a cache that knows {frames} frames: {fifths(seconds)}"
    yield f"- with caches that know {config.frames}: {fifths(bounded)}"
    points = ", ".join(f"frame {t}: {1000 * x:.0f}" for t, x in zip(at, full[:, 0], strict=True))
    yield f"- without, at single frames: {points}"
    yield f"\n{published(args.samples, frames)}"


def described(config: NetworkConfig) -> str:
    """Sizes in words."""
    streams = ", ".join(f"{name} {width}" for name, width in (*config.face, *config.pose, *config.audio))
    source = f"{PACKED}" if PACKED.is_file() else "the default studio, which is not packed here"
    return (
        f"Size of params.yaml: width {config.width}, {config.layers} layers, {config.heads} heads; of {source}: "
        f"{streams}, codes {', '.join(map(str, config.codes))}."
    )


def row(name: str, spent: np.ndarray, frames: int) -> str:
    """Of the table."""
    return f"| {name} | {spent[0]:.1f} | {spent[1]:.1f} | {frames / spent[0]:.3g} |"


def fifths(seconds: np.ndarray) -> str:
    """Median milliseconds of the processor in each."""
    return ", ".join(f"{1000 * np.median(part[:, 0]):.1f}" for part in np.array_split(seconds, PARTS))


def published(samples: int, frames: int) -> str:
    """Frames per second of the published size: on a GPU, or of a first second on all cores."""
    if torch.cuda.is_available():
        seconds, _ = cached(built(published_size(frames)).cuda(), samples, frames)
        return f"Published size, {torch.cuda.get_device_name()}: {frames / seconds[:, 1].sum():.0f} frames/s."
    torch.set_num_threads(os.cpu_count() or 1)
    seconds, _ = cached(built(published_size(frames)), samples, SECOND)
    rate = SECOND / seconds[:, 1].sum()
    return f"Published size, no CUDA device: {rate:.1f} frames/s on {os.cpu_count()} cores in the first second."


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--samples", type=int, default=10)
    arguments.add_argument(
        "--threads", type=int, default=1, help="steps are small: waiting for each other costs two more than it gains"
    )
    arguments.add_argument("--points", type=int, default=5, help="frames at which decoding without a cache is timed")
    arguments.add_argument("--frames", type=int, default=750, help="of the clip")
    args = arguments.parse_args()
    report("Online reactions with and without a cache", table(default_size(), args), out=args.out)


if __name__ == "__main__":
    main()
