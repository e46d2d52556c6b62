"""A speaker's film, and a listener who was never trained: what it answers is noise, but it has to be well-formed."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data
from toy_listener import write_coefficients, write_listener

from faceloom.media.read import AUDIO_RATE
from faceloom.media.write import MediaWriter

sys.path.insert(0, str(Path(__file__).parents[1] / "prediction"))

FRAMES = 30


@pytest.fixture(scope="session")
def portrait():
    """A photograph (300, 320, 3) with one face."""
    return np.ascontiguousarray(data.astronaut()[:300, 80:400])


@pytest.fixture(scope="session")
def film(portrait, tmp_path_factory):
    """1.2 seconds of a face that moves right by a pixel a frame, with a tone."""
    path = tmp_path_factory.mktemp("films") / "my speaker.mp4"
    tone = 0.2 * np.sin(np.arange(FRAMES * AUDIO_RATE // 25) * 2 * np.pi * 150 / AUDIO_RATE).astype(np.float32)
    with MediaWriter(path, (320, 300), AUDIO_RATE) as writer:
        for k, sound in enumerate(np.split(tone, FRAMES)):
            writer.write_rgb(np.roll(portrait, k, axis=1))
            writer.write_audio(sound)
    return path


@pytest.fixture(scope="session")
def models(portrait, tmp_path_factory):
    from toy_models import write_estimator

    folder = tmp_path_factory.mktemp("models")
    write_estimator(folder, cv2.resize(portrait[45:155, 90:200], (128, 128), interpolation=cv2.INTER_CUBIC))
    write_listener(folder)
    write_coefficients(folder)
    return folder
