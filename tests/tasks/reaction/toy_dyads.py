"""Toy dyads: recordings whose tables are random walks, in Parquet as the stages write them."""

import numpy as np
import pyarrow as pa

from faceloom.facs import AFFECT, AU_COLUMNS, EXPRESSIONS, REACT_ATTRIBUTES
from faceloom.features.audio.functionals import COUNT
from faceloom.params import PackReaction
from faceloom.store.records import Clip, ClipTable, write_table
from faceloom.tasks.reaction.features import HEAD_POSE, N_LLD, PROSODY

FEATURES = ("facial", "landmarks", "head_pose", "mfcc", "functionals")


def lists(values):
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])


def attributes(n, seed=0):
    """(n, 25) as REACT's tables: presence, affect, probabilities."""
    rng = np.random.default_rng(seed)
    faces = [rng.random((n, 15)) < 0.3, rng.uniform(-1, 1, (n, 2)), rng.dirichlet(np.ones(8), n)]
    return np.concatenate(faces, axis=1).astype(np.float32)


def facial(n, seed=0, faceless=()):
    rng = np.random.default_rng(seed)
    hidden = np.isin(np.arange(n), faceless)
    numbers = {name: rng.uniform(0, 3, n) for name in AU_COLUMNS} | {name: rng.uniform(-1, 1, n) for name in AFFECT}
    numbers |= dict(zip(EXPRESSIONS, rng.dirichlet(np.ones(8), n).T, strict=True))
    columns = {"frame": np.arange(n, dtype=np.int32), "is_face": ~hidden}
    columns |= {name: np.where(hidden, np.nan, values).astype(np.float32) for name, values in numbers.items()}
    points = rng.uniform(0, 100, (n, 136)).astype(np.float32)
    points[hidden] = np.nan
    return pa.table({**columns, "landmarks68": lists(points)})


def numbers(n, names, seed=0):
    rng = np.random.default_rng(seed)
    return pa.table(
        {"frame": np.arange(n, dtype=np.int32), **{name: rng.normal(size=n).astype("f4") for name in names}}
    )


def functionals(rows=1, seed=0):
    values = np.random.default_rng(seed).normal(size=(rows, COUNT)).astype(np.float32)
    values[:, 7] = np.nan
    return pa.table({"start": np.zeros(rows, "f4"), "seconds": np.full(rows, 2, "f4"), "functionals": lists(values)})


def lld(rows, seed=0):
    return numbers(rows, ["time", *(f"lld{k}" for k in range(N_LLD))], seed)


def windows(n, hop, width=3):
    """As data/pose/videomae: window k holds the number k."""
    first = np.arange(0, n, hop, dtype=np.int32)
    values = np.repeat((first // hop).astype(np.float16)[:, None], width, axis=1)
    return pa.table({"frame": first, "frames": np.minimum(hop, n - first), "features": lists(values)})


def clip(folder, name, partner, split="train", role="speaker", n=40, seed=0, faceless=(), more=None):
    """A clip with the tables of the default features, and `more`."""
    tables = {
        "facial": facial(n, seed, faceless),
        "pose": numbers(n, HEAD_POSE, seed),
        "audio/frames": numbers(n, [*(f"mfcc[{k}]" for k in range(26)), *PROSODY], seed),
        "audio/functionals": functionals(seed=seed),
        **(more or {}),
    }
    stored = {}
    for place, table in tables.items():
        path = folder / place / f"{name.replace('/', '-')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        half = max(1, len(table) // 2)
        write_table(path, [table[:half], table[half:]])
        stored[place] = ClipTable(path, 0, 2)
    row = {"clip": name, "partner": partner, "split": split, "role": role}
    return Clip(name, name, n, folder / name, row, tables=stored)


def dyad(folder, k, split="train", n=(40, 40), **kwargs):
    speaker, listener = f"d{k}/speaker.mp4", f"d{k}/listener.mp4"
    return [
        clip(folder, listener, speaker, split, "listener", n[1], 2 * k, **kwargs),
        clip(folder, speaker, listener, split, "speaker", n[0], 2 * k + 1, **kwargs),
    ]


def recordings(folder, **kwargs):
    """Three dyads to train, one each to validate and test."""
    splits = ["train"] * 3 + ["val", "test"]
    return [made for k, split in enumerate(splits) for made in dyad(folder, k, split, **kwargs)]


def settings(**changes):
    return PackReaction(**({"features": FEATURES, "expressions": 16} | changes))


def write_attributes(path, values, names=REACT_ATTRIBUTES):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [",".join(names), *(",".join(f"{v:.6g}" if v == v else "" for v in row) for row in values)]
    path.write_text("\n".join(rows) + "\n")
    return path
