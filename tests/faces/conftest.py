"""A real face (scikit-image's astronaut) pasted into small pictures."""

import cv2
import numpy as np
import pytest
from skimage import data

from faceloom.media.write import MediaWriter
from faceloom.store import Clip

SIZE = (320, 240)


@pytest.fixture(scope="session")
def portrait():
    """(150, 150, 3) RGB: head and shoulders; Haar's box is about 75 pixels wide and centred near (75, 82)."""
    return data.astronaut()[35:185, 150:300]


@pytest.fixture(scope="session")
def background():
    """Soft noise without a face, (240, 320, 3) RGB."""
    noise = np.random.default_rng(0).integers(60, 200, (30, 40, 3), np.uint8)
    return cv2.resize(noise, SIZE, interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="session")
def paste(portrait, background):
    """Pictures with the portrait at places (x, y[, side])."""

    def picture(*places):
        image = background.copy()
        for x, y, *side in places:
            face = cv2.resize(portrait, (side[0], side[0]), interpolation=cv2.INTER_AREA) if side else portrait
            image[y : y + face.shape[0], x : x + face.shape[1]] = face
        return image

    return picture


@pytest.fixture
def film(tmp_path):
    """Write pictures as a decoded clip."""

    def write(images, name="clip.mp4", n_frames=None):
        path = tmp_path / f"{name}.mkv"
        with MediaWriter(path, (images[0].shape[1], images[0].shape[0]), None, preset="ultrafast") as writer:
            for image in images:
                writer.write_rgb(image)
        count = len(images) if n_frames is None else n_frames
        return Clip(name, f"content of {name}", count, path, {}, {"decoded": path})

    return write
