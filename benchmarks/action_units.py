"""Action units on synthetic and on real faces: `python benchmarks/action_units.py [--faces FILE] [--out]`.

The model is models/action_units, trained on the studio's stills alone. Synthetic: its held-out identities
(data/packed/action_units.h5). Real: crops of YouTube-Faces frames with pseudo-labels made from MediaPipe's
blendshapes (../shared/datasets/faces128); AU06 and AU09 are always 0 there and AU05 nearly, so means leave them out.
Persons are split in two halves by hash: choices were made on `dev`, `test` is what to believe. Without those crops the
held-out identities alone are reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from _script import need, parser, report
from faceloom.facs import AU_COLUMNS, AUS
from faceloom.features.iris import IrisNetwork
from faceloom.features.landmarks import Landmarker, decode, whole
from faceloom.features.mouth_texture import mouth_texture
from faceloom.metrics.regression import ccc, pearson
from faceloom.runtime import Runtime
from faceloom.store.executors import execute
from faceloom.tasks.action_units.data import Stills, load
from faceloom.tasks.action_units.model import Model
from faceloom.tasks.action_units.model import load as load_model

Array = npt.NDArray[np.float32]

FACES, MODEL, PACKED = (
    Path("../shared/datasets/faces128/faces.parquet"),
    Path("models/action_units"),
    Path("data/packed/action_units.h5"),
)
UNLABELLED = ("AU05", "AU06", "AU09")
BARS = {"AU12": 0.75, "AU45": 0.70, "AU02": 0.60, "AU10": 0.50} | dict.fromkeys(("AU01", "AU04", "AU07"), 0.45)
BARS |= dict.fromkeys(("AU25", "AU26"), 0.38)
MEAN_REAL, MEAN_SYNTHETIC = 0.42, 0.45

_networks: list[tuple[Landmarker, IrisNetwork]] = []


def start() -> None:
    _networks[:] = [(Landmarker(), IrisNetwork())]


def see(job: tuple[int, list[bytes]]) -> list[tuple[Array, Array, Array]]:
    """Landmarks, eyelids and mouths of face crops."""
    landmarker, iris = _networks[0]
    images = [decode(encoded) for encoded in job[1]]
    landmarks = [landmarker(image, whole(image), passes=2)[0] for image in images]
    return [
        (points, iris(image, points), mouth_texture(image, points))
        for image, points in zip(images, landmarks, strict=True)
    ]


def look(faces: pd.DataFrame) -> list[Array]:
    """Landmarks (n, 468, 3), eyes (n, 2, 76, 2) and mouths (n, 640) of all crops."""
    encoded = [image["bytes"] for image in faces["image"]]
    jobs = [(first, encoded[first : first + 64]) for first in range(0, len(encoded), 64)]
    results = {job[0]: result for job, result in execute(Runtime.load(), start, see, jobs)}
    seen = [face for first, _ in jobs for face in results[first]]
    return [np.stack(arrays) for arrays in zip(*seen, strict=True)]


def dev(persons: pd.Series) -> npt.NDArray[np.bool_]:
    """The half of the persons that choices were made on."""
    return np.array([blake2b(str(person).encode()).digest()[0] % 2 == 0 for person in persons])


def real(found: Array, labels: Array, half: npt.NDArray[np.bool_], drawn: Array) -> Iterator[str]:
    """Units of real faces, line by line; `drawn` has the r of the synthetic ones."""
    every, on_dev, on_test = (
        pearson(found[rows], labels[rows]) for rows in (np.ones(len(half), dtype=bool), half, ~half)
    )
    level = ccc(found, labels)
    yield f"Real: {len(found)} faces ({half.sum()} dev, {(~half).sum()} test).\n"
    yield "| unit | r synthetic | r real | r dev | r test | CCC real | bar |\n|---|---:|---:|---:|---:|---:|---|"
    for k, au in enumerate(AUS):
        numbers = (every[k], on_dev[k], on_test[k], level[k])
        cells = ["-" if au in UNLABELLED and au != "AU05" else f"{value:.3f}" for value in numbers]
        bar = "" if au not in BARS else f"{BARS[au]:.2f} {'holds' if every[k] >= BARS[au] else 'MISSED'}"
        yield f"| {au} | {drawn[k]:.3f} | {' | '.join(cells)} | {bar} |"
    kept = [k for k, au in enumerate(AUS) if au not in UNLABELLED]
    means = " | ".join(f"{values[kept].mean():.3f}" for values in (every, on_dev, on_test))
    yield f"| mean (real: {len(kept)} units) | {drawn.mean():.3f} | {means} | | real {MEAN_REAL} |"


def table(model: Model, stills: Stills, crops: Path) -> Iterator[str]:
    """The report, line by line."""
    synthetic = model(model.features(stills.landmarks, stills.iris, stills.texture)).units
    drawn = pearson(synthetic, stills.units)
    yield f"Model: {', '.join(f'{name} {value}' for name, value in model.about.items())}.\n"
    yield f"Synthetic: {len(stills)} held-out faces, mean r {drawn.mean():.3f} (bar {MEAN_SYNTHETIC}).\n"
    if crops.is_file():
        faces = pd.read_parquet(crops)
        found = model(model.features(*look(faces))).units
        yield from real(found, faces[list(AU_COLUMNS)].to_numpy(np.float32), dev(faces["person"]), drawn)
        return
    yield f"Real: not measured, {os.path.relpath(crops)} is not there.\n\n| unit | r synthetic |\n|---|---:|"
    yield from (f"| {au} | {r:.3f} |" for au, r in zip(AUS, drawn, strict=True))


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--faces", type=Path, default=FACES)
    options = arguments.parse_args()
    need(MODEL, PACKED, give="run `dvc repro facial` first")
    stills = load(PACKED)
    report("Action units", table(load_model(MODEL), stills[stills.test], options.faces), out=options.out)


if __name__ == "__main__":
    main()
