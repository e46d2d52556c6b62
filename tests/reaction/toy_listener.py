"""A listener who was never trained, and whose answers are noise; a map to coefficients that was not either."""

from dataclasses import asdict

import numpy as np
import torch

from faceloom.coefficients import checkpoint as coefficients
from faceloom.coefficients.network import CoefficientNetwork
from faceloom.coefficients.network import NetworkConfig as CoefficientConfig
from faceloom.tasks.reaction import checkpoint
from faceloom.tasks.reaction.codebooks import Codebooks
from faceloom.tasks.reaction.module import Settings
from faceloom.tasks.reaction.network import ReactionNetwork
from faceloom.tasks.reaction.tokens import NetworkConfig

BOOKS = Codebooks(
    au=np.eye(4, 15, dtype=np.uint8),
    expression=np.eye(3, 8, dtype=np.float32),
    va=np.array([[-0.5, -0.5], [0.5, 0.5]], np.float32),
)
STREAMS = {"face": (("facial", 25),), "pose": (("head_pose", 6),), "audio": (("prosody", 4),), "clip": ()}


def write_listener(folder, **streams):
    torch.manual_seed(5)
    config = NetworkConfig(**(STREAMS | streams), codes=(4, 3, 2), width=16, layers=1, heads=2, dropout=0.0, frames=40)
    model = checkpoint.ReactionModel(ReactionNetwork(config).eval(), BOOKS, asdict(Settings(threads=1)))
    checkpoint.save(folder / "reaction", model, "toy", [])


def write_coefficients(folder):
    torch.manual_seed(6)
    network = CoefficientNetwork(CoefficientConfig(hidden=4)).eval()
    coefficients.save(folder / "coefficients", coefficients.CoefficientModel(network, {}, {}), "toy", [])
