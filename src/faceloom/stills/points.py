"""The 15 points of Kaggle's facial-keypoints set; left is the subject's left."""

from __future__ import annotations

from typing import Final

KEYPOINTS: Final = (
    "left_eye_center",
    "right_eye_center",
    "left_eye_inner_corner",
    "left_eye_outer_corner",
    "right_eye_inner_corner",
    "right_eye_outer_corner",
    "left_eyebrow_inner_end",
    "left_eyebrow_outer_end",
    "right_eyebrow_inner_end",
    "right_eyebrow_outer_end",
    "nose_tip",
    "mouth_left_corner",
    "mouth_right_corner",
    "mouth_center_top_lip",
    "mouth_center_bottom_lip",
)
"""Names in the order of the set's columns."""

COLUMNS: Final = tuple(f"{name}_{axis}" for name in KEYPOINTS for axis in "xy")
"""The set's 30 coordinate columns."""

EYES: Final = (KEYPOINTS.index("left_eye_center"), KEYPOINTS.index("right_eye_center"))
"""The two points whose distance normalises an error (NME)."""


def _other_side(name: str) -> str:
    sides = {"left": "right", "right": "left"}
    return "_".join(sides.get(word, word) for word in name.split("_"))


MIRRORED: Final = tuple(KEYPOINTS.index(_other_side(name)) for name in KEYPOINTS)
"""Of each point, the one on the other side of the face: what its place shows in a mirrored picture."""
