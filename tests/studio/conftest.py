"""One synthetic person for all tests of the studio."""

import numpy as np
import pytest

from faceloom.studio.identity import Identity, sample_identity


@pytest.fixture(scope="session")
def identity() -> Identity:
    return sample_identity(np.random.default_rng(3))
