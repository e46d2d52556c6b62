"""Pictures with one bright square: where it lies is the class, or the points."""

import json

import h5py
import numpy as np

CLASSES = ("anger", "happy", "sad")
CORNERS = {0: (8, 8), 1: (8, 28), 2: (28, 18)}


def picture(size, x, y, rng):
    image = rng.integers(0, 60, (size, size), np.uint8)
    image[y : y + 10, x : x + 10] += 150
    return image


def write(path, images, classes, **arrays):
    split = np.array([(0, 0, 0, 1, 2)[k % 5] for k in range(len(images))], np.uint8)
    with h5py.File(path, "w") as file:
        file["images"], file["split"] = images, split
        file["person"] = np.arange(len(images), dtype=np.int32)
        for name, values in arrays.items():
            file[name] = values
        about = {"classes": json.dumps(classes), "source": "toy", "split_rule": "person", "skipped": "{}"}
        file.attrs.update(about | {"leaks": False})
    return path


def pack_classes(path, n=60, size=48):
    rng = np.random.default_rng(0)
    labels = np.where(rng.random(n) < 0.5, 1, rng.integers(0, 3, n)).astype(np.uint8)
    images = np.stack([picture(size, *CORNERS[int(label)], rng) for label in labels])
    return write(path, images, list(CLASSES), labels=labels)


def pack_points(path, n=40):
    rng = np.random.default_rng(0)
    places = rng.integers(10, 70, (n, 2))
    images = np.stack([picture(96, x, y, rng) for x, y in places])
    points = (places[:, None] + rng.uniform(0, 10, (15, 2))).astype(np.float32)
    points[::7, 3:] = np.nan
    return write(path, images, [], points=points)
