"""Models that need no training: one predicts a known shape, the others whatever their first weights say."""

import numpy as np
import torch

from faceloom.features.face_geometry import NAMES
from faceloom.features.head_pose import template_of
from faceloom.features.landmarks import Landmarker, whole
from faceloom.params import Params
from faceloom.stills.classes import CLASSES
from faceloom.stills.framing import Framing
from faceloom.stills.points import KEYPOINTS
from faceloom.tasks.action_units import model as estimator
from faceloom.tasks.emotion_cnn.network import EmotionNetwork
from faceloom.tasks.emotion_cnn.network import NetworkConfig as EmotionConfig
from faceloom.tasks.expression.network import ExpressionNetwork
from faceloom.tasks.expression.network import NetworkConfig as ExpressionConfig
from faceloom.tasks.keypoints.network import KeypointNetwork, NetworkConfig
from faceloom.tasks.pictures import folder

OUTPUTS = 17 + 2 + 8
SHAPE = np.stack([np.linspace(20, 76, 15), np.linspace(30, 60, 15)], axis=1).astype(np.float32)
"""What the keypoint model always predicts, pixels of 96."""


def write(models, face):
    """All four models; `face` is a crop (128, 128, 3)."""
    write_networks(models)
    write_estimator(models, face)


def write_estimator(models, face):
    """The one of action units; `face` is a crop (128, 128, 3)."""
    estimator.save(_estimator(face), models / "action_units")


def write_networks(models):
    """The three that are networks."""
    torch.manual_seed(3)
    train = Params().train
    points = KeypointNetwork(NetworkConfig(width=2))
    points.start_from(torch.from_numpy(SHAPE))
    torch.nn.init.zeros_(points.head.dense3.weight)
    emotion = EmotionNetwork(EmotionConfig(width=2))
    expression = ExpressionNetwork(ExpressionConfig(width=2))
    _save(models / "keypoints", points, KEYPOINTS, train.keypoints, Framing())
    _save(models / "expression", expression, CLASSES["five"], train.expression, Framing(1.31, -0.1, 48))
    _save(models / "emotion_cnn", emotion, CLASSES["seven"], train.emotion_cnn, Framing(pixels=48))


def _save(path, network, classes, settings, framing):
    folder.save(
        path, network, folder.About(classes, settings.model_dump() | {"flip_average": False}, "toy", framing), []
    )


def _estimator(face):
    landmarks, _ = Landmarker()(face, whole(face), passes=2)
    template = template_of(landmarks[None], np.zeros((1, 3), np.float32))
    size = len(estimator.FEATURES)
    assert size > len(NAMES)
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.05, (size, OUTPUTS)).astype(np.float32)
    one = estimator.Linear(np.zeros(size, np.float32), np.ones(size, np.float32), weights, np.ones(OUTPUTS, np.float32))
    return estimator.Model(template, one, one, {})
