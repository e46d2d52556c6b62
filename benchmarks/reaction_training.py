"""A training step at the published widths on a GPU: fused attention in bf16 against the published way.

`python benchmarks/reaction_training.py [--batch 1] [--out]`. The published way makes the matrix of attention weights,
in fp16 autocast with a gradient scaler; everything else is the same. 750 frames, all three objectives. The backward
pass keeps that matrix of every layer, some 54 GB a clip, so that a batch of more than two does not fit into 141 GB.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn import functional

from _script import parser, report, skip
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


def published(size: int, steps: int) -> tuple[float, float] | None:
    """`measure` the published way; None where the device's memory is too small for it."""
    fused, SelfAttention.forward = SelfAttention.forward, explicit  # type: ignore[method-assign]
    try:
        return measure(torch.float16, size, steps)
    except torch.cuda.OutOfMemoryError:
        return None
    finally:
        SelfAttention.forward = fused  # type: ignore[method-assign]


def table(size: int, steps: int) -> Iterator[str]:
    """Line by line, ours first: the published way may not fit."""
    yield f"{torch.cuda.get_device_name()}, batch {size}, {SETTINGS.frames} frames, all objectives.\n"
    yield "| attention | s a step | GiB |\n| --- | ---: | ---: |"
    ours = measure(torch.bfloat16, size, steps)
    yield f"| fused, bf16 | {ours[0]:.3f} | {ours[1]:.1f} |"
    torch.cuda.empty_cache()
    if theirs := published(size, steps):
        yield f"| explicit matrix, fp16 | {theirs[0]:.3f} | {theirs[1]:.1f} |"
        yield f"| ratio | {theirs[0] / ours[0]:.1f} | {theirs[1] / ours[1]:.1f} |"
        return
    whole = torch.cuda.get_device_properties(0).total_memory / 2**30
    yield f"| explicit matrix, fp16 | out of memory | > {whole:.1f} |"
    yield f"| ratio | - | > {whole / ours[1]:.1f} |"


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--batch", type=int, default=1)
    arguments.add_argument("--steps", type=int, default=5)
    args = arguments.parse_args()
    if not torch.cuda.is_available():
        skip("no CUDA device is there; the published widths are not for a CPU.")
    report("A training step at the published widths", table(args.batch, args.steps), out=args.out)


if __name__ == "__main__":
    main()
