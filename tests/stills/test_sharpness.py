import json

import h5py
import numpy as np
import pytest
from toy_faces import fer_lines, write_fer

from faceloom.stills.pack import Settings, pack
from faceloom.stills.sharpness import blurred, sigma_for, step


def textured(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 48, 48)).astype(np.uint8)


def test_step_of_a_ramp_is_its_slope():
    ramp = np.broadcast_to(np.arange(0, 240, 5, dtype=np.uint8), (2, 48, 48))
    assert step(ramp) == 5


@pytest.mark.parametrize("sigma", [0.8, 2.0, 3.5])
def test_the_blur_of_other_pictures_is_found_again(sigma):
    target = step(blurred(textured(40), sigma))
    assert sigma_for(textured(40, seed=1), target) == pytest.approx(sigma, rel=0.05)


def smooth_training(tmp_path):
    """A set like FER2013 whose training pictures are out of focus."""
    lines = fer_lines(60)
    for index, line in enumerate(lines):
        label, pixels, usage = line.split(",")
        if usage == "Training":
            soft = blurred(np.array(pixels.split(), np.uint8).reshape(1, 48, 48), 2.0)
            lines[index] = f"{label},{' '.join(map(str, soft.ravel()))},{usage}"
    return write_fer(tmp_path / "fer.csv", lines)


def test_splits_of_unequal_sharpness_are_told_and_left_as_they_are(tmp_path):
    out = tmp_path / "expression.h5"
    *_, told = pack("expression", Settings(str(smooth_training(tmp_path)), classes="five"), out)
    assert "splits differ in sharpness" in told
    assert "match_sharpness" in told
    with h5py.File(out) as file:
        assert step(file["images"][file["split"][:] == 2]) > 60


def test_sharper_splits_are_blurred_alike_where_that_is_asked_for(tmp_path):
    out = tmp_path / "expression.h5"
    data = smooth_training(tmp_path)
    *_, told = pack("expression", Settings(str(data), classes="five", match_sharpness=True), out)
    assert told.startswith(f"{data}: test pictures blurred (sigma 2")
    with h5py.File(out) as file:
        steps = {code: step(file["images"][file["split"][:] == code]) for code in (0, 2)}
        assert json.loads(file.attrs["blurred"]).keys() == {"test"}
    assert steps[2] == pytest.approx(steps[0], rel=0.05)


def test_equally_sharp_splits_are_not_touched(tmp_path):
    data = write_fer(tmp_path / "fer.csv", fer_lines(60))
    for match in (False, True):
        pack("expression", Settings(str(data), classes="five", match_sharpness=match), tmp_path / f"{match}.h5")
    with h5py.File(tmp_path / "True.h5") as first, h5py.File(tmp_path / "False.h5") as second:
        np.testing.assert_array_equal(first["images"][:], second["images"][:])
        assert json.loads(first.attrs["blurred"]) == {}
