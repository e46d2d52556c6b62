"""Online reactions with and without the key/value cache: `python benchmarks/reaction_generation.py [--out]`.

The network has the default size and random weights, and knows 750 frames. Decoding without a cache, a full forward over
the past for every frame, is timed at frames spread over the clip and summed by the trapezoidal rule. Times are of the
processor, so that a busy machine changes both alike; those on the clock are given beside them. With a CUDA device the
published size is timed as well, on the clock and with the cache alone. `--out` writes the file of the day under
benchmarks/results.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from faceloom.tasks.reaction.module import Settings
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.online import OnlineDecoder
from faceloom.tasks.reaction.sampling import PRESETS
from faceloom.tasks.reaction.tokens import NetworkConfig
from faceloom.tasks.reaction.train import sizes

FRAMES = 750
RESULTS = Path(__file__).parent / "results"
DEFAULT = {"facial": 25, "landmarks": 136, "head_pose": 6, "mfcc": 26, "prosody": 4, "functionals": 6_373}
PUBLISHED = {"me_graphau": 25_088, "resmasknet": 512, "efficientnet_va": 1_408, "videomae": 1_408, "mfcc": 26}


def default_size() -> NetworkConfig:
    """Of params.yaml, for 750 frames, with codebooks as large as those of the studio's dyads."""
    return replace(sizes(DEFAULT, (69, 128, 615), Settings()), frames=FRAMES)


def published_size() -> NetworkConfig:
    """Of reference 4."""
    settings = Settings(width=768, layers=8, heads=12, frames=FRAMES, meaning=False, positions=1.0)
    return sizes(PUBLISHED | {"functionals": 6_373, "lld": 194_805}, (5_976, 8_000, 2_710), settings)


def speaker(network: ReactionNetwork) -> tuple[dict[str, Tensor], Tensor]:
    """Random features of 750 frames."""
    config, device = network.config, network.match_token.device
    features = {
        name: torch.randn(FRAMES, width, device=device) for name, width in (*config.face, *config.pose, *config.audio)
    }
    return features, torch.ones(FRAMES, dtype=torch.bool, device=device)


class Clock:
    """Seconds of the processor and on the wall."""

    def __init__(self) -> None:
        self.start = time.process_time(), time.perf_counter()

    def spent(self) -> tuple[float, float]:
        """Since the start."""
        return time.process_time() - self.start[0], time.perf_counter() - self.start[1]


def cached(network: ReactionNetwork, samples: int) -> tuple[np.ndarray, Tensor]:
    """Seconds of each frame (750, 2), and the codes."""
    features, is_face = speaker(network)
    decoder = OnlineDecoder(network, replace(PRESETS["online-frame"], window=FRAMES), samples, frames=FRAMES)
    seconds, codes = [], []
    for t in range(FRAMES):
        clock = Clock()
        codes.append(decoder.push({name: x[t : t + 1] for name, x in features.items()}, is_face[t : t + 1]).codes)
        if is_face.is_cuda:
            torch.cuda.synchronize()
        seconds.append(clock.spent())
    return np.array(seconds), torch.cat(codes, dim=1)


@torch.inference_mode()
def uncached(network: ReactionNetwork, codes: Tensor, at: list[int]) -> np.ndarray:
    """Seconds of a full forward over the past at each of some frames, (n, 2)."""
    features, is_face = speaker(network)
    out = []
    for t in [at[-1], *at]:  # the first call, which allocates, is not counted
        clock = Clock()
        past = {name: x[None, : t + 1] for name, x in features.items()}
        network.logits(network.online(past, is_face[None, : t + 1], codes[:, : t + 1])[:, -1:])
        out.append(clock.spent())
    return np.array(out[1:])


def report(samples: int, threads: int, points: int) -> Iterator[str]:
    """Line by line, since it takes minutes."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = ReactionNetwork(default_size()).eval()
    at = np.linspace(0, FRAMES - 1, points).astype(int).tolist()
    yield f"Default size, {samples} reactions at once, {FRAMES} frames, {threads} thread(s), CPU."
    yield ""
    yield "| way | processor s | wall s | frames per processor s |"
    yield "|---|---|---|---|"
    seconds, codes = cached(network, samples)
    with_cache = seconds.sum(axis=0)
    yield f"| with a cache | {with_cache[0]:.1f} | {with_cache[1]:.1f} | {FRAMES / with_cache[0]:.0f} |"
    full = uncached(network, codes, at)
    without = np.trapezoid(full, at, axis=0)
    yield f"| without, from {points} frames | {without[0]:.0f} | {without[1]:.0f} | {FRAMES / without[0]:.2f} |"
    yield ""
    yield f"Ratio: {without[0] / with_cache[0]:.0f} of processor time, {without[1] / with_cache[1]:.0f} on the clock."
    parts = ", ".join(f"{1000 * np.median(seconds[k : k + 150, 0]):.1f}" for k in range(0, FRAMES, 150))
    yield f"With a cache, median processor ms a frame in each fifth of the clip: {parts} (real time: 40.0)."
    points_ = ", ".join(f"frame {t}: {1000 * x:.0f}" for t, x in zip(at, full[:, 0], strict=True))
    yield f"Without, processor ms: {points_}."
    if torch.cuda.is_available():
        seconds, _ = cached(ReactionNetwork(published_size()).eval().cuda(), samples)
        yield f"Published size, {torch.cuda.get_device_name()}: {FRAMES / seconds[:, 1].sum():.0f} frames/s."
    else:
        yield "Published size: not timed, no CUDA device is there."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument(
        "--threads", type=int, default=1, help="steps are small: waiting for each other costs two more than it gains"
    )
    parser.add_argument("--points", type=int, default=5, help="frames at which decoding without a cache is timed")
    parser.add_argument("--out", action="store_true", help="write the file of the day under benchmarks/results")
    args = parser.parse_args()
    lines = []
    for line in report(args.samples, args.threads, args.points):
        print(line, flush=True)
        lines.append(line)
    if args.out:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        head = ["# Online reactions with and without a cache", ""]
        head += [f"`python benchmarks/reaction_generation.py`, commit {commit}, load {os.getloadavg()[0]:.1f}.", ""]
        path = RESULTS / f"{dt.date.today()}-reaction-generation.md"
        path.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
