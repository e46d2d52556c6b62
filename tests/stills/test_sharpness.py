import json

import h5py
import numpy as np
import pytest
from toy_faces import fer_lines, write_fer

from faceloom.stills.pack import Settings, pack
from faceloom.stills.sharpness import blurred, restored, sigma_between, step


def textured(n, seed=0):
    """Noise with the spectrum of photographs."""
    f = np.maximum(np.hypot(np.fft.fftfreq(96)[:, None], np.fft.fftfreq(96)[None]), 1 / 96)
    white = np.random.default_rng(seed).normal(size=(n, 96, 96))
    fields = np.fft.ifft2(np.fft.fft2(white) * f**-1.7).real[:, :48, :48]
    return (128 + 45 * fields / fields.std()).clip(0, 255).astype(np.uint8)


def test_step_of_a_ramp_is_its_slope():
    ramp = np.broadcast_to(np.arange(0, 240, 5, dtype=np.uint8), (2, 48, 48))
    assert step(ramp) == 5


@pytest.mark.parametrize("sigma", [1.2, 2.0, 3.0])
def test_the_blur_of_other_pictures_is_found_again(sigma):
    assert sigma_between(textured(40, seed=1), blurred(textured(40), sigma)) == pytest.approx(sigma, rel=0.1)


def test_restoring_brings_back_what_a_blur_took():
    rows, columns = np.mgrid[:48, :48]
    waves = 128 + 60 * np.sin(2 * np.pi * 5 * columns / 48) + 40 * np.cos(2 * np.pi * 3 * rows / 48)
    sharp = waves.astype(np.uint8)[None]
    soft = blurred(sharp, 2.5)
    errors = [np.abs(images - sharp.astype(float))[:, 8:-8, 8:-8].mean() for images in (soft, restored(soft, 2.5))]
    assert errors[0] > 20
    assert errors[1] < 0.15 * errors[0]


def smooth_training(tmp_path):
    """A set like FER2013 whose training pictures are out of focus."""
    usages = ["Training", "Training", "PublicTest"] * 20
    pictures = textured(60)
    soft = [
        blurred(image[None], 2.0)[0] if u == "Training" else image for image, u in zip(pictures, usages, strict=True)
    ]
    lines = [f"{k % 6},{' '.join(map(str, image.ravel()))},{usages[k]}" for k, image in enumerate(soft)]
    return write_fer(tmp_path / "fer.csv", lines)


def test_splits_of_unequal_sharpness_are_told_and_left_as_they_are(tmp_path):
    out = tmp_path / "expression.h5"
    *_, told = pack("expression", Settings(str(smooth_training(tmp_path)), classes="five"), out)
    assert "splits differ in sharpness" in told
    assert "`sharpness: restore`" in told
    with h5py.File(out) as file:
        steps = [step(file["images"][file["split"][:] == code]) for code in (0, 2)]
    assert steps[1] > 2 * steps[0]


def test_sharper_splits_are_blurred_alike_where_that_is_asked_for(tmp_path):
    out = tmp_path / "expression.h5"
    data = smooth_training(tmp_path)
    *_, told = pack("expression", Settings(str(data), classes="five", sharpness="match"), out)
    assert told.startswith(f"{data}: test pictures blurred (sigma ")
    with h5py.File(out) as file:
        steps = {code: step(file["images"][file["split"][:] == code]) for code in (0, 2)}
        assert json.loads(file.attrs["blurred"]).keys() == {"test"}
    assert steps[2] == pytest.approx(steps[0], rel=0.1)


def test_restored_splits_are_sharper_than_the_smoothest_was_and_alike(tmp_path):
    data = smooth_training(tmp_path)
    found = {}
    for sharpness in ("match", "restore"):
        pack("expression", Settings(str(data), classes="five", sharpness=sharpness), tmp_path / "expression.h5")
        with h5py.File(tmp_path / "expression.h5") as file:
            found[sharpness] = [step(file["images"][file["split"][:] == code]) for code in (0, 2)]
    assert min(found["restore"]) > 1.4 * max(found["match"])
    assert found["restore"][0] == pytest.approx(found["restore"][1], rel=0.1)


def test_equally_sharp_splits_are_not_touched(tmp_path):
    data = write_fer(tmp_path / "fer.csv", fer_lines(60))
    for sharpness in ("as_is", "restore"):
        pack("expression", Settings(str(data), classes="five", sharpness=sharpness), tmp_path / f"{sharpness}.h5")
    with h5py.File(tmp_path / "restore.h5") as first, h5py.File(tmp_path / "as_is.h5") as second:
        np.testing.assert_array_equal(first["images"][:], second["images"][:])
        assert json.loads(first.attrs["blurred"]) == {}
