"""Online reactions with and without the key/value cache: `python benchmarks/reaction_generation.py [--samples 10]`.

The network has the default size and random weights, and knows 750 frames. Decoding without a cache, a full forward over
the past for every frame, is timed at frames spread over the clip and summed by the trapezoidal rule. With a CUDA device
the published size is timed as well, with the cache alone.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

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


def cached(network: ReactionNetwork, samples: int) -> tuple[np.ndarray, Tensor]:
    """Seconds of each frame, and the codes."""
    features, is_face = speaker(network)
    decoder = OnlineDecoder(network, replace(PRESETS["online-frame"], window=FRAMES), samples, frames=FRAMES)
    seconds, codes = [], []
    for t in range(FRAMES):
        start = time.perf_counter()
        codes.append(decoder.push({name: x[t : t + 1] for name, x in features.items()}, is_face[t : t + 1]))
        if is_face.is_cuda:
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return np.array(seconds), torch.cat(codes, dim=1)


@torch.inference_mode()
def uncached(network: ReactionNetwork, codes: Tensor, at: list[int]) -> np.ndarray:
    """Seconds of a full forward over the past at each of some frames."""
    features, is_face = speaker(network)
    out = []
    for t in at:
        start = time.perf_counter()
        past = {name: x[None, : t + 1] for name, x in features.items()}
        network.logits(network.online(past, is_face[None, : t + 1], codes[:, : t + 1])[:, -1:])
        out.append(time.perf_counter() - start)
    return np.array(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--points", type=int, default=5, help="frames at which decoding without a cache is timed")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    network = ReactionNetwork(default_size()).eval()
    seconds, codes = cached(network, args.samples)
    at = np.linspace(0, FRAMES - 1, args.points).astype(int).tolist()
    full = uncached(network, codes, at)
    total = np.trapezoid(full, at)
    print(f"default size, {args.samples} samples, {FRAMES} frames, {args.threads} thread(s)")
    print(f"with a cache: {seconds.sum():.1f} s, {FRAMES / seconds.sum():.0f} frames/s")
    parts = ", ".join(f"{1000 * np.median(seconds[k : k + 150]):.1f}" for k in range(0, FRAMES, 150))
    print(f"median ms a frame in each fifth of the clip: {parts}")
    print(f"without: {total:.0f} s (frames {at}: {', '.join(f'{x:.2f} s' for x in full)})")
    print(f"ratio: {total / seconds.sum():.0f}")
    if torch.cuda.is_available():
        seconds, _ = cached(ReactionNetwork(published_size()).eval().cuda(), args.samples)
        print(f"published size, {torch.cuda.get_device_name()}: {FRAMES / seconds.sum():.0f} frames/s")
    else:
        print("published size: not timed, no CUDA device is there")


if __name__ == "__main__":
    main()
