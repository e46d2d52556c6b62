"""A training step at the published widths on a GPU: fused attention in bf16 against the published way.

`python benchmarks/reaction_training.py [--batch 4]`. The published way makes the matrix of attention weights, in fp16
autocast with a gradient scaler; everything else is the same. 750 frames, all three objectives.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from faceloom.tasks.reaction.attention import SelfAttention
from faceloom.tasks.reaction.module import ReactionModule, Settings, groups
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.train import sizes

WIDTHS = {"me_graphau": 25_088, "resmasknet": 512, "efficientnet_va": 1_408, "videomae": 1_408, "mfcc": 26}
VECTORS = {"functionals": 6_373, "lld": 194_805}
CODES = (5_976, 8_000, 2_710)
SETTINGS = Settings(
    width=768, layers=8, heads=12, dropout=0.1, attention_dropout=0.1, frames=750, meaning=False, positions=1.0
)


def explicit(self: SelfAttention, x: Tensor, mask: Tensor | None = None, past: object = None) -> Tensor:
    """Attention with its matrix in memory."""
    assert past is None
    q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
    scores = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf)
    weights = functional.dropout(scores.softmax(dim=-1), self.rate, self.training)
    return self.dropout(self.out((weights.to(v.dtype) @ v).transpose(1, 2).flatten(2)))


def batch(size: int) -> dict[str, Tensor]:
    frames = SETTINGS.frames
    out = {f"speaker/{name}": torch.randn(size, frames, width, device="cuda") for name, width in WIDTHS.items()}
    out |= {f"clip/{name}": torch.randn(size, width, device="cuda") for name, width in VECTORS.items()}
    out["is_face"] = torch.ones(size, frames, dtype=torch.bool, device="cuda")
    for name in ("real", "fake"):
        out[name] = torch.stack([torch.randint(n, (size, frames), device="cuda") for n in CODES], dim=-1)
    return out


def measure(dtype: torch.dtype, size: int, steps: int) -> tuple[float, float]:
    """Seconds of a step, and the most memory in GiB."""
    torch.manual_seed(0)
    module = ReactionModule(ReactionNetwork(sizes(WIDTHS | VECTORS, CODES, SETTINGS)), SETTINGS).cuda()
    optimizer = torch.optim.AdamW(groups(module.network, 0.01), lr=1e-5, betas=(0.9, 0.95))
    scaler = torch.amp.GradScaler(enabled=dtype == torch.float16)
    data = batch(size)

    def step() -> None:
        with torch.autocast("cuda", dtype):
            losses = module.losses(module.network, data, chunk=1)
            total = losses["slm"] + losses["mrm"] + losses["crm"]
        scaler.scale(total).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()

    return timed(step, steps)


def timed(step: Callable[[], None], steps: int) -> tuple[float, float]:
    for _ in range(2):
        step()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    torch.cuda.synchronize()
    return (time.perf_counter() - start) / steps, torch.cuda.max_memory_allocated() / 2**30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=5)
    args = parser.parse_args()
    if not torch.cuda.is_available():
        print("reaction_training: no CUDA device is there; the published widths are not for a CPU.")
        return
    ours = measure(torch.bfloat16, args.batch, args.steps)
    fused, SelfAttention.forward = SelfAttention.forward, explicit  # type: ignore[method-assign]
    published = measure(torch.float16, args.batch, args.steps)
    SelfAttention.forward = fused  # type: ignore[method-assign]
    print(f"{torch.cuda.get_device_name()}, batch {args.batch}, {SETTINGS.frames} frames, all objectives\n")
    print("| attention | s a step | GiB |\n| --- | ---: | ---: |")
    print(f"| explicit matrix, fp16 | {published[0]:.3f} | {published[1]:.1f} |")
    print(f"| fused, bf16 | {ours[0]:.3f} | {ours[1]:.1f} |")
    print(f"| ratio | {published[0] / ours[0]:.1f} | {published[1] / ours[1]:.1f} |")


if __name__ == "__main__":
    main()
