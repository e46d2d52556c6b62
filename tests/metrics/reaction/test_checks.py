"""Each fault of the arrays is one sentence."""

import made
import numpy as np
import pytest

from faceloom.errors import InputError
from faceloom.metrics.reaction.checks import check


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    real = made.smooth(rng, 3, 60)
    return {"pred": np.stack([real, real], axis=1), "real": real, "speaker": real.copy(), "appropriate": np.eye(3)}


def cut(name, *index):
    return lambda arrays: arrays.update({name: arrays[name][index]})


def put(name, index, value):
    return lambda arrays: arrays[name].__setitem__(index, value)


EVERY = slice(None)
FAULTS = {
    r"predictions: 59 frames a clip where real has 60": cut("pred", EVERY, EVERY, slice(59)),
    r"speaker: 59 frames": cut("speaker", EVERY, slice(59)),
    r"predictions: 24 columns, but a frame has 25": cut("pred", ..., slice(24)),
    r"real: 24 columns": cut("real", ..., slice(24)),
    r"predictions: shape \(3, 60, 25\) is not \(N, 10, T, 25\)": cut("pred", EVERY, 0),
    r"speaker: 2 clips where real has 3": cut("speaker", slice(2)),
    r"appropriate: shape \(2, 3\) is not \(3, 3\)": cut("appropriate", slice(2)),
    r"appropriate: the diagonal is 0 for clip 1 \(1 of 3\)": put("appropriate", (1, 1), 0),
    r"appropriate: it holds values other than 0 and 1": put("appropriate", (0, 1), 0.5),
    r"predictions: row 2 holds NaN": put("pred", (2, 1, 5, 5), np.nan),
    r"real: row 1 holds NaN or infinity": put("real", (1, 5, 5), np.inf),
    r"speaker: row 0 holds NaN": put("speaker", (0, 5, 5), np.nan),
    r"speaker: values of type <U1 are not numbers": lambda arrays: arrays.update(speaker=arrays["real"].astype("<U1")),
    r"real: shape \(0, 60, 25\)": cut("real", slice(0)),
}


def test_good_arrays_pass(arrays):
    check(**arrays)


@pytest.mark.parametrize("message", FAULTS)
def test_faults(arrays, message):
    FAULTS[message](arrays)
    with pytest.raises(InputError, match=message):
        check(**arrays)
