"""The model card: what the estimator can and cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TRANSFER: Final = {
    "AU12": 0.81, "AU45": 0.77, "AU02": 0.66, "AU07": 0.63, "AU10": 0.62, "AU01": 0.58, "AU04": 0.57, "AU26": 0.52,
    "AU25": 0.51, "AU17": 0.24, "AU23": 0.23, "AU15": 0.22, "AU20": 0.15, "AU14": 0.11,
}  # fmt: skip
"""Pearson r on 4,412 real faces, trained on the default stills (benchmarks/action_units.py prints it afresh)."""

WEAK: Final = ("AU14", "AU15", "AU17", "AU20", "AU23")
UNKNOWN: Final = ("AU05", "AU06", "AU09")

CARD: Final = """---
library_name: faceloom
license: apache-2.0
tags: [facial-action-units, synthetic-training-data]
---
# Action units, affect and expressions from face geometry

Intensities (0-5) of 17 action units, valence and arousal (-1 to 1) and the probabilities of eight expressions, from 468
face landmarks, the eyelids and irises, and gradients around the mouth. One linear map (ridge regression; multinomial
logistic regression for expressions), in `model.safetensors`; names of its features and outputs in `config.json`.

It has seen no real face: it was fitted to {faces} stills of {identities} synthetic people drawn by the studio, whose
labels are exact. Its scores on synthetic people that it has not seen are in `metrics/action_units.json`.

## On real faces
Pearson r with pseudo-labels (MediaPipe blendshapes) on 4,412 frames of 267 people, with the default stills:

{table}

- {weak}: **do not transfer yet**; on real faces they say little, whatever their scores on synthetic ones.
- {unknown}: **no usable real label** in that set (AU05 nearly always 0); nothing is known but the synthetic scores.
- Levels: AU12 and AU45 agree with the labels in level too. Read all others as dynamics within one person; compare
  people only after calibration, or with `facial.relative_to_neutral` on clips of more than a few seconds.
- Valence, arousal and expressions follow the studio's rules for synthetic faces; no real label was compared.
- Pitch of the head is the weakest angle (about 5 degrees off on synthetic faces; yaw 2, roll 1).

## Not for
Judging what a person feels, or any decision about a person.
"""


def card(about: Mapping[str, Any]) -> str:
    """The card of a model (Markdown)."""
    rows = ["| unit | r |", "| --- | --- |", *(f"| {au} | {r:.2f} |" for au, r in TRANSFER.items())]
    return CARD.format(
        faces=about["faces"],
        identities=about["identities"],
        table="\n".join(rows),
        weak=", ".join(WEAK),
        unknown=", ".join(UNKNOWN),
    )
