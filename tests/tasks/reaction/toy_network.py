"""Small networks and random speakers."""

from dataclasses import replace

import torch

from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.tokens import VALUES, NetworkConfig

CONFIG = NetworkConfig(
    face=(("facial", 25), ("landmarks", 10)),
    pose=(("pose", 6),),
    audio=(("audio", 26),),
    clip=(("functionals", 12),),
    codes=(11, 7, 13),
    width=32,
    layers=2,
    heads=4,
    dropout=0.1,
    frames=40,
)


def network(config=CONFIG, seed=0, scale=10.0):
    """In evaluation mode, with weights that are large enough for every input to matter."""
    torch.manual_seed(seed)
    net = ReactionNetwork(config).eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(scale if parameter.ndim > 1 else 1.0)
    return net


def like_default(config=CONFIG):
    """One whose codes have meanings, with the other additions that params.yaml switches on."""
    additions = {"meaning": True, "shortcut": True, "positions": 0.2, "matching": ("audio",), "matching_every": 4}
    net = network(replace(config, **additions), scale=3.0)
    g = torch.Generator().manual_seed(3)
    net.know([torch.rand(size, values, generator=g) for size, values in zip(config.codes, VALUES, strict=True)])
    net.expect([torch.full((values,), 0.5) for values in VALUES])
    return net


def speaker(config=CONFIG, batch=2, frames=17, seed=1):
    """features, is_face, clip."""
    g = torch.Generator().manual_seed(seed)
    streams = (*config.face, *config.pose, *config.audio)
    features = {name: torch.randn(batch, frames, width, generator=g) for name, width in streams}
    clip = {name: torch.randn(batch, width, generator=g) for name, width in config.clip}
    return features, torch.rand(batch, frames, generator=g) > 0.2, clip


def codes(config=CONFIG, batch=2, frames=17, seed=2):
    g = torch.Generator().manual_seed(seed)
    return torch.stack([torch.randint(0, size, (batch, frames), generator=g) for size in config.codes], dim=-1)
