import cv2
import numpy as np
import pytest

from faceloom.faces.crop import QUALITY, blank, cut_out, jpeg
from faceloom.faces.smooth import Crop
from faceloom.media.picture import BT601, BT709
from faceloom.media.read import pictures


def planes_of(y, u, v, size=64):
    half = (size // 2, size // 2)
    return np.full((size, size), y, np.uint8), np.full(half, u, np.uint8), np.full(half, v, np.uint8)


@pytest.mark.parametrize(
    ("yuv", "matrix", "rgb"),
    [
        ((235, 128, 128), BT601, (255, 255, 255)),
        ((16, 128, 128), BT709, (0, 0, 0)),
        ((81, 90, 240), BT601, (255, 0, 0)),
        ((63, 102, 240), BT709, (255, 0, 0)),
        ((145, 54, 34), BT601, (0, 255, 0)),
    ],
)
def test_colours_are_those_of_the_standards(yuv, matrix, rgb):
    image = cut_out(planes_of(*yuv), Crop(8, 8, 40), matrix, 16)
    assert np.abs(image.astype(int) - rgb).max() <= 2


def test_outside_of_the_picture_is_black():
    image = cut_out(planes_of(235, 128, 128), Crop(-64, 0, 128), BT601, 32)
    assert image[4, 2].max() <= 2
    assert image[4, 28].min() >= 250


def test_a_crop_shows_what_it_covers_at_sub_pixel_places():
    x = np.arange(256, dtype=np.float32)
    ramp = np.repeat(np.clip(16 + x * 0.8, 0, 235)[None], 256, 0)
    planes = ramp.round().astype(np.uint8), np.full((128, 128), 128, np.uint8), np.full((128, 128), 128, np.uint8)
    for left, size in ((40.0, 128.0), (40.5, 128.0), (20.25, 200.0), (60.0, 64.0)):
        row = cut_out(planes, Crop(left, 50, size), BT601)[64, 10:118, 0]
        places = left + (np.arange(10, 118) + 0.5) * size / 128 - 0.5
        assert np.abs(row - places * 0.8 * 255 / 219).max() < 2


def test_the_crop_of_a_film_has_the_colours_that_were_written(film, paste):
    clip = film([paste((80, 40))])
    picture = next(pictures(clip.media["decoded"]))
    image = cut_out(picture.planes, Crop(80, 40, 150), picture.matrix)
    truth = cv2.resize(paste((80, 40))[40:190, 80:230], (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(image.astype(int) - truth).mean() < 5


def test_jpeg_is_rgb_of_the_same_size(portrait):
    image = cv2.resize(portrait, (128, 128))
    back = cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg(image), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert back.shape == (128, 128, 3)
    assert np.abs(back.astype(int) - image).mean() < 4
    assert QUALITY >= 90
    assert cv2.imdecode(np.frombuffer(blank(), np.uint8), cv2.IMREAD_COLOR).max() == 0
