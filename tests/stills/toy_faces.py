"""Small data sets of faces, written as the real ones are."""

import gzip
import zipfile

import numpy as np

from faceloom.stills.points import COLUMNS


def pixels(rng, side):
    return " ".join(map(str, rng.integers(0, 256, side * side)))


def fer_lines(n, seed=0, usage=True):
    rng = np.random.default_rng(seed)
    parts = ["Training", "Training", "PublicTest"]
    return [f"{k % 7},{pixels(rng, 48)}" + (f",{parts[k % 3]}" if usage else "") for k in range(n)]


def write_fer(path, lines, header="emotion,pixels,Usage", newline="\n"):
    text = newline.join([header, *lines]).encode()
    if path.suffix == ".gz":
        text = gzip.compress(text)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("fer2013.csv", text)
    else:
        path.write_bytes(text)
    return path


def kaggle_lines(n, seed=0):
    rng = np.random.default_rng(seed)
    return [",".join(f"{v:.2f}" for v in rng.uniform(5, 90, 30)) + "," + pixels(rng, 96) for _ in range(n)]


def write_kaggle(path, lines, columns=(*COLUMNS, "Image")):
    path.write_text("\n".join([",".join(columns), *lines]) + "\n")
    return path


def without(line, *columns):
    """A row of Kaggle's that lacks some coordinates."""
    fields = line.split(",")
    return ",".join("" if k in columns else field for k, field in enumerate(fields))
