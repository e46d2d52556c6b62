"""Real recordings beside the project."""

import numpy as np
import pytest

pytestmark = pytest.mark.shared


def test_a_grid_clip_is_75_frames_each_shown_once_with_its_sound(shared, decoded):
    result = decoded(shared / "recordings" / "grid" / "bbaf2n.mpg")
    assert result.table["source_frame"] == list(range(75))
    assert len(result.pictures) == 75
    assert result.pictures[0].size == (360, 288)
    assert len(result.sound) == 75 * 640
    assert result.summary["silence"] == pytest.approx(0.022, abs=0.001)  # the corpus' sound is that much shorter
    assert np.abs(result.sound).max() > 0.05


def test_variable_rate_from_a_phone_is_shown_at_the_nearest_time(shared, decoded):
    result = decoded(shared / "recordings" / "clips" / "noface_face.mov")
    assert result.probe.source_fps == pytest.approx(26.5, abs=0.1)
    error = np.array(result.table["source_time"]) - np.arange(result.probe.n_frames) / 25
    assert np.abs(error).max() <= 0.021
    assert result.summary["dropped"] + result.probe.n_frames - result.summary["duplicated"] == 169
