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
from faceloom.facs import AUS, EXPRESSIONS
from faceloom.features.face_geometry import NAMES, features
from faceloom.features.head_pose import template_of
from faceloom.tasks.action_units.card import card
from faceloom.tasks.action_units.data import Stills, load
from faceloom.tasks.action_units.model import Linear, Model, save

Array = npt.NDArray[np.float32]

EPSILON: Final = 1e-6

WITHOUT_MOUTH: Final = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU45")
"""Units that geometry alone estimates: what the mouth shows goes with them in the studio, less so in life."""

TEXTURE_SHARE: Final = 0.3
"""Deviation of the mouth's texture where geometric features have 1. It brings the units of the lips into view (mean r
on synthetic faces .38 -> .48); more of it begins to cost on real faces (.47 at .3, .45 at .5, .42 at 1)."""

EXPRESSION_C: Final = 0.01


def train(packed: Path, section: Mapping[str, Any], out: Path) -> Model:
    """Fit on the stills that are not held out, and write the model and its card to `out`.

    Args:
        packed: `action_units.h5`.
        section: train.action_units of the params.
        out: Folder of the model.
    """
    stills = load(packed)
    model = fit(stills[~stills.test], float(section["alpha"]))
    save(model, out)
    (out / "README.md").write_text(card(model.about), encoding="utf-8")
    return model


def fit(stills: Stills, alpha: float) -> Model:
    """The estimator of these stills.

    Args:
        stills: Faces with truth.
        alpha: Strength of the ridge. Strong: weak features are what differs between the studio and real faces.
    """
    template = template_of(stills.landmarks, stills.angles)
    geometry = features(stills.landmarks, stills.iris, template)
    x = np.concatenate([geometry, stills.texture], axis=1)
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
    from sklearn.linear_model import Ridge

    mean, scale = x.mean(axis=0), _scale(x)
    z = ((x - mean) / scale).astype(np.float64)
    weights, bias = np.zeros((z.shape[1], len(AUS))), np.zeros(len(AUS))
    upper = np.isin(AUS, WITHOUT_MOUTH)
    for chosen, columns in ((upper, len(NAMES)), (~upper, z.shape[1])):
        ridge = Ridge(alpha=alpha).fit(z[:, :columns], stills.units[:, chosen])
        weights[:columns, chosen], bias[chosen] = ridge.coef_.T, ridge.intercept_
    affect = Ridge(alpha=alpha).fit(z, stills.affect)
    class_weights, class_bias = _expressions(z, stills.expression)
    return Linear(
        mean,
        scale,
        np.concatenate([weights, affect.coef_.T, class_weights.T], axis=1).astype(np.float32),
        np.concatenate([bias, affect.intercept_, class_bias]).astype(np.float32),
    )


def _scale(x: Array) -> Array:
    """Deviation of each geometric feature; one number for the texture, which keeps the differences of its own."""
    deviations = x.std(axis=0) + EPSILON
    deviations[len(NAMES) :] = x[:, len(NAMES) :].std() / TEXTURE_SHARE + EPSILON
    return np.asarray(deviations, dtype=np.float32)


def _expressions(
    z: npt.NDArray[np.float64], truth: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Weights (8, F) and bias (8,) of a multinomial logistic regression.

    Four of five stills are neutral. Weights by the root of a class's rarity lie between a model that finds
    everything neutral and one that finds an expression in every other neutral face.
    """
    from sklearn.linear_model import LogisticRegression

    classes, counts = np.unique(truth, return_counts=True)
    rarity = np.sqrt(len(truth) / counts)
    weight = dict(zip(classes.tolist(), (rarity / np.average(rarity, weights=counts)).tolist(), strict=True))
    logistic = LogisticRegression(C=EXPRESSION_C, class_weight=weight, max_iter=300, tol=1e-3).fit(z, truth)
    return _all_classes(logistic.classes_, logistic.coef_, logistic.intercept_)


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
