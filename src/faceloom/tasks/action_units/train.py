"""Fit the estimator on packed stills: ridge regressions and a multinomial logistic regression, in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from faceloom import __version__
from faceloom.facs import EXPRESSIONS
from faceloom.features.face_geometry import features
from faceloom.features.head_pose import template_of
from faceloom.tasks.action_units.data import Stills, load
from faceloom.tasks.action_units.model import Linear, Model, save

Array = npt.NDArray[np.float32]

EPSILON: Final = 1e-6


def train(packed: Path, section: Mapping[str, Any], out: Path) -> Model:
    """Fit on the stills that are not held out, and write the model to `out`.

    Args:
        packed: `action_units.h5`.
        section: train.action_units of the params.
        out: Folder of the model.
    """
    stills = load(packed)
    model = fit(stills[~stills.test], float(section["alpha"]))
    save(model, out)
    return model


def fit(stills: Stills, alpha: float) -> Model:
    """The estimator of these stills.

    Args:
        stills: Faces with truth.
        alpha: Strength of the ridge. Strong: weak features are what differs between the studio and real faces.
    """
    template = template_of(stills.landmarks, stills.angles)
    x = features(stills.landmarks, stills.iris, template)
    relative = x - medians(x, stills.identity)
    about = {
        "alpha": alpha,
        "faces": len(stills),
        "identities": len(set(stills.identity.tolist())),
        "data": fingerprint(stills),
        "faceloom": __version__,
    }
    return Model(template, _fit(x, stills, alpha), _fit(relative, stills, alpha), about)


def _fit(x: Array, stills: Stills, alpha: float) -> Linear:
    """One standardisation, one matrix: ridge for units and affect, logistic regression for expressions."""
    from sklearn.linear_model import LogisticRegression, Ridge

    mean, scale = x.mean(axis=0), x.std(axis=0) + EPSILON
    z = ((x - mean) / scale).astype(np.float64)
    ridge = Ridge(alpha=alpha).fit(z, np.concatenate([stills.units, stills.affect], axis=1))
    logistic = LogisticRegression(C=1 / alpha, max_iter=500).fit(z, stills.expression)
    weights, bias = _all_classes(logistic.classes_, logistic.coef_, logistic.intercept_)
    return Linear(
        mean,
        scale,
        np.concatenate([ridge.coef_.T, weights.T], axis=1).astype(np.float32),
        np.concatenate([ridge.intercept_, bias]).astype(np.float32),
    )


def _all_classes(
    classes: npt.NDArray[np.int8], weights: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows for all expressions; one that a small set of stills lacks gets a very small probability."""
    if len(classes) == 2:  # scikit-learn keeps one row for two classes: the second against the first
        weights, bias = np.concatenate([0 * weights, weights]), np.concatenate([0 * bias, bias])
    all_weights, all_bias = np.zeros((len(EXPRESSIONS), weights.shape[1])), np.full(len(EXPRESSIONS), -20.0)
    all_weights[classes], all_bias[classes] = weights, bias
    return all_weights, all_bias


def medians(x: Array, identity: npt.NDArray[np.int32]) -> Array:
    """Each row's identity's median row."""
    result = np.empty_like(x)
    for person in np.unique(identity):
        result[identity == person] = np.median(x[identity == person], axis=0)
    return result


def fingerprint(stills: Stills) -> str:
    """BLAKE2b of the arrays that the model was made from."""
    digest = blake2b(digest_size=16)
    for field in fields(stills):
        digest.update(np.ascontiguousarray(getattr(stills, field.name)).tobytes())
    return digest.hexdigest()
