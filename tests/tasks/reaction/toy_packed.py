"""A packed file of toy dyads: each face repeats, three frames later, a switch that its partner shows."""

import numpy as np

from faceloom.tasks.reaction import codebooks, write
from faceloom.tasks.reaction.codebooks import Codebooks

DELAY = 3
BOOKS = Codebooks(
    au=np.eye(4, 15, dtype=np.uint8),
    expression=np.eye(3, 8, dtype=np.float32),
    va=np.array([[-0.5, -0.5], [0.5, 0.5]], np.float32),
)


def switches(rng, frames):
    """Runs of 4 to 9 frames of 0 and 1."""
    runs = rng.integers(4, 10, frames)
    return np.resize(np.repeat(np.arange(frames) % 2, runs), frames + 10)[int(rng.integers(10)) :][:frames]


def pack(path, dyads=(10, 3, 3), frames=60, seed=0, lengths=None, streams=("facial", "head_pose", "mfcc")):
    """So many train, val and test dyads; clip k's partner is k + h or k - h."""
    rng = np.random.default_rng(seed)
    h = sum(dyads)
    frames = np.array(lengths or [frames] * h)
    both = np.concatenate([frames, frames])
    shown = [switches(rng, n) for n in both]
    partner = np.roll(np.arange(2 * h), h).astype(np.int32)
    late = [np.concatenate([np.zeros(DELAY, int), shown[p]])[: both[p]] for p in partner]
    split = np.tile(np.repeat(np.arange(3, dtype=np.uint8), dyads), 2)
    with write.packed(path) as file:
        file["names"] = [f"dyad-{k % h:03}/{'ab'[k // h]}.mp4" for k in range(2 * h)]
        file["offsets"] = np.concatenate([[0], np.cumsum(both)]).astype(np.int64)
        file["partner"], file["split"] = partner, split
        alike = np.arange(2 * h) // 2  # neighbours suit each other
        file["appropriate"] = ((alike[:, None] == alike) & (split[:, None] == split)).astype(np.uint8)
        tokens = np.concatenate([np.stack([s + 1, s, s], axis=1) for s in late]).astype(np.int32)
        file["tokens"], file["attributes"] = tokens, BOOKS.decode(tokens).astype(np.float16)
        file["is_face"] = np.ones(len(tokens), bool)
        for name, width in zip(streams, (25, 6, 4), strict=False):
            values = [rng.normal(size=(len(s), width)) for s in shown]
            if name == "facial":
                for value, s in zip(values, shown, strict=True):
                    value[:, 0] = 10 + 5 * s
            write.stream(file, name, [[v] for v in values], both, split == 0)
        write.vectors(file, "functionals", rng.normal(size=(2 * h, 9)), 2 * h)
        codebooks.save(BOOKS, file.create_group("codebooks"))
        write.about(file, {"source": "toy"})
    return path
