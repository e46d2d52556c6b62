"""Action units on synthetic and on real faces: `python benchmarks/action_units.py [--write] [--faces FILE]`.

The model is models/action_units, trained on the studio's stills alone. Synthetic: its held-out identities
(data/packed/action_units.h5). Real: crops of YouTube-Faces frames with pseudo-labels made from MediaPipe's
blendshapes (../shared/datasets/faces128); AU06 and AU09 are always 0 there and AU05 nearly, so means leave them out.
Persons are split in two halves by hash: choices were made on `dev`, `test` is what to believe.
"""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from faceloom.facs import AU_COLUMNS, AUS
from faceloom.features.iris import IrisNetwork
from faceloom.features.landmarks import Landmarker, decode, whole
from faceloom.features.mouth_texture import mouth_texture
from faceloom.metrics.regression import ccc, pearson
from faceloom.runtime import Runtime
from faceloom.store.executors import execute
from faceloom.tasks.action_units.data import load
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


def table(found: Array, labels: Array, half: npt.NDArray[np.bool_], synthetic: tuple[Array, Array]) -> Iterator[str]:
    """The report, line by line."""
    drawn = pearson(*synthetic)
    real, on_dev, on_test = (
        pearson(found[rows], labels[rows]) for rows in (np.ones(len(half), dtype=bool), half, ~half)
    )
    level = ccc(found, labels)
    yield f"synthetic: {len(synthetic[0])} held-out faces"
    yield f"real: {len(found)} faces ({half.sum()} dev, {(~half).sum()} test)"
    yield "unit   r synthetic   r real   r dev   r test   CCC real   bar"
    for k, au in enumerate(AUS):
        numbers = (real[k], on_dev[k], on_test[k], level[k])
        cells = ["   -  " if au in UNLABELLED and au != "AU05" else f"{value:6.3f}" for value in numbers]
        bar = "" if au not in BARS else f"{BARS[au]:.2f} {'holds' if real[k] >= BARS[au] else 'MISSED'}"
        yield f"{au}   {drawn[k]:11.3f}   {cells[0]}   {cells[1]}  {cells[2]}   {cells[3]}     {bar}".rstrip()
    kept = [k for k, au in enumerate(AUS) if au not in UNLABELLED]
    means = [values[kept].mean() for values in (real, on_dev, on_test)]
    yield f"mean   {drawn.mean():11.3f}   {means[0]:6.3f}   {means[1]:6.3f}  {means[2]:6.3f}   (real: 14 units)"
    yield f"bars: synthetic {MEAN_SYNTHETIC}, real {MEAN_REAL}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=Path, default=FACES)
    parser.add_argument("--write", action="store_true", help="also write benchmarks/results/<date>-action-units.txt")
    options = parser.parse_args()
    model, stills = load_model(MODEL), load(PACKED)
    held_out = stills[stills.test]
    faces = pd.read_parquet(options.faces)
    labels = faces[list(AU_COLUMNS)].to_numpy(np.float32)
    found = model(model.features(*look(faces))).units
    synthetic = model(model.features(held_out.landmarks, held_out.iris, held_out.texture)).units
    lines = list(table(found, labels, dev(faces["person"]), (synthetic, held_out.units)))
    print("\n".join(lines))
    if options.write:
        commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
        head = f"commit {commit.stdout.strip()}, model of {model.about}\n"
        today = dt.datetime.now(tz=dt.UTC).date().isoformat()
        path = Path(f"benchmarks/results/{today}-action-units.txt")
        path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
