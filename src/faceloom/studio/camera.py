"""What a camera and a codec do to a picture: blur, low resolution, noise, JPEG."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def degrade(image: Image, rng: np.random.Generator) -> Image:
    """Each fault with its own odds; (h, w, 3) RGB in and out."""
    picture: npt.NDArray[Any] = image
    size = image.shape[0]
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.8))
    if rng.random() < 0.5:
        low = int(rng.integers(round(0.35 * size), round(0.86 * size)))
        picture = cv2.resize(picture, (low, low), interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (size, size), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        noise = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(1, 9))
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        picture = decode(encode(picture, int(rng.integers(25, 95))))
    return picture


def encode(image: Image, quality: int) -> bytes:
    """JPEG of an RGB picture."""
    done, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return bytes(data)


def decode(data: bytes) -> Image:
    """RGB picture of a JPEG."""
    return np.asarray(cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB), np.uint8)
