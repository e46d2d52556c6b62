"""How far extracted tables are from the truth: scores of frames, each beside what a constant guess would get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from faceloom.facs import AFFECT, AUS, EXPRESSIONS
from faceloom.metrics.regression import ccc, mae, nme, pearson, rmse

Floats = NDArray[np.float64]
Scores = dict[str, Any]

ANGLES: Final = ("yaw", "pitch", "roll")
OUTER_EYE_CORNERS: Final = (36, 45)
"""Of the 68 points: their distance is the unit of the normalised mean error (300-W)."""
JAW: Final = 17
"""The first points of the 68 lie on the outline, which is a matter of taste; they are scored apart."""
DIGITS: Final = 4


@dataclass(frozen=True)
class Compared:
    """n frames as extracted and as they truly were; NaN where the extraction found nothing.

    Units and affect (n, 17) and (n, 2), expressions as indices (n,) with -1 for none, angles (n, 3) in degrees, points
    in analysis pixels, `box` (n, 4) with x, y, width and height of the face, voicing as bools.
    """

    is_face: NDArray[np.bool_]
    units: Floats
    true_units: Floats
    affect: Floats
    true_affect: Floats
    expression: NDArray[np.int64]
    true_expression: NDArray[np.int64]
    angles: Floats
    true_angles: Floats
    landmarks68: Floats
    true_landmarks68: Floats
    keypoints15: Floats
    true_keypoints15: Floats
    box: Floats
    is_voiced: NDArray[np.bool_]
    true_voiced: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.is_face)

    @classmethod
    def concatenate(cls, parts: Sequence[Compared]) -> Compared:
        """All frames of several clips."""
        return cls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


def score(clips: Sequence[Compared]) -> Scores:
    """Scores over the frames of all clips; `{"clips": 0}` and a message where there is none.

    Baselines are as good as a constant can be, because they know the mean (the majority) of the very frames that are
    scored: `rmse_of_mean`, `mae_of_mean`, `nme_of_mean` (the mean face, placed in each found box), `majority`.
    """
    if not clips:
        return {"clips": 0, "message": "No recording has a truth table beside it, so there is nothing to compare with."}
    all_ = Compared.concatenate(clips)
    return {
        "clips": len(clips),
        "frames": len(all_),
        "face_found": _round(all_.is_face.mean()),
        "action_units": action_units(all_, clips),
        "affect": _columns(AFFECT, all_.affect, all_.true_affect),
        "expression": agreement(all_.expression, all_.true_expression, all_.is_face),
        "head_pose": head_pose(all_),
        "landmarks": landmarks(all_),
        "voicing": agreement(all_.is_voiced, all_.true_voiced, np.ones(len(all_), bool)),
    }


def action_units(all_: Compared, clips: Sequence[Compared]) -> Scores:
    """Per unit over all frames, and Pearson's r inside each clip, averaged: people differ in their resting faces."""
    inside = np.array([pearson(clip.units, clip.true_units) for clip in clips])
    known = np.isfinite(inside)
    within = np.where(known.any(0), np.nansum(inside, 0) / np.maximum(known.sum(0), 1), np.nan)
    scores = _columns(AUS, all_.units, all_.true_units)
    means = {"mean_pearson": _mean(scores["pearson"]), "mean_pearson_within_clips": _mean(_named(AUS, within))}
    return means | scores | {"pearson_within_clips": _named(AUS, within)}


def head_pose(all_: Compared) -> Scores:
    """Mean absolute error in degrees and Pearson's r of each angle."""
    return {
        "mae_degrees": _named(ANGLES, mae(all_.angles, all_.true_angles)),
        "mae_of_mean": _named(ANGLES, mae(_mean_of(all_.angles, all_.true_angles), all_.true_angles)),
        "pearson": _named(ANGLES, pearson(all_.angles, all_.true_angles)),
    }


def landmarks(all_: Compared) -> Scores:
    """Normalised mean errors, by the true distance of the outer eye corners."""
    eyes = all_.true_landmarks68[:, OUTER_EYE_CORNERS[1]] - all_.true_landmarks68[:, OUTER_EYE_CORNERS[0]]
    scale = np.linalg.norm(eyes, axis=1)
    inner, jaw = np.s_[:, JAW:], np.s_[:, :JAW]
    found, true = all_.landmarks68, all_.true_landmarks68
    guess68 = _mean_face(found, true, all_.box)
    guess15 = _mean_face(all_.keypoints15, all_.true_keypoints15, all_.box)
    pairs = {
        "inner51": (found[inner], guess68[inner], true[inner]),
        "jaw17": (found[jaw], guess68[jaw], true[jaw]),
        "keypoints15": (all_.keypoints15, guess15, all_.true_keypoints15),
    }
    return {
        name: {"nme": _round(nme(points, truth, scale)), "nme_of_mean": _round(nme(guess, truth, scale))}
        for name, (points, guess, truth) in pairs.items()
    }


def agreement(found: NDArray[Any], true: NDArray[Any], mask: NDArray[np.bool_]) -> Scores:
    """Share of the admitted frames with the true class, and the share of the most frequent true class."""
    if not mask.any():
        return {"agreement": None, "majority": None}
    most = np.unique(true[mask], return_counts=True)[1].max() / mask.sum()
    return {"agreement": _round((found == true)[mask].mean()), "majority": _round(most)}


def expression_index(probabilities: Floats) -> NDArray[np.int64]:
    """The likeliest of the eight expressions, (n, 8) to (n,); -1 where they are unknown."""
    known = np.isfinite(probabilities).all(axis=1)
    best = np.where(np.isfinite(probabilities), probabilities, -1).reshape(-1, len(EXPRESSIONS)).argmax(axis=1)
    return np.where(known, best, -1).astype(np.int64)


def _columns(names: Sequence[str], found: Floats, true: Floats) -> dict[str, dict[str, float | None]]:
    return {
        "pearson": _named(names, pearson(found, true)),
        "ccc": _named(names, ccc(found, true)),
        "rmse": _named(names, rmse(found, true)),
        "rmse_of_mean": _named(names, rmse(_mean_of(found, true), true)),
    }


def _mean_of(found: Floats, true: Floats) -> Floats:
    """The mean of the truth at every entry that was found."""
    seen = np.isfinite(found)
    mean = np.where(seen, true, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return np.where(seen, mean, np.nan)


def _mean_face(found: Floats, true: Floats, box: Floats) -> Floats:
    """The mean of the true points in box coordinates, placed in each box; NaN where nothing was found."""
    corner, size = box[:, None, :2], box[:, None, 2:]
    inside = np.where(np.isfinite(found), (true - corner) / size, np.nan)
    return _mean_of(inside, inside) * size + corner


def _named(names: Sequence[str], values: Floats) -> dict[str, float | None]:
    return {name: _round(value) for name, value in zip(names, values, strict=True)}


def _mean(values: Mapping[str, float | None]) -> float | None:
    known = [value for value in values.values() if value is not None]
    return _round(np.mean(known)) if known else None


def _round(value: Any) -> float | None:
    """JSON has no NaN."""
    return round(float(value), DIGITS) if np.isfinite(value) else None
