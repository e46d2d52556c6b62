"""The page in a few sentences, for its top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceloom.report.data import Data
    from faceloom.report.estimator import Estimator
    from faceloom.report.extraction import Extraction
    from faceloom.report.scores import GestureScores

FACES: Final = 0.99
MEAN_R: Final = 0.45
"""What the project asks for: faces found where there are any, and the mean r over 17 units on unseen identities."""

Finding = tuple[bool, str]
"""Whether it is good news, and a sentence."""


def findings(
    data: Data, extraction: Extraction | None, estimator: Estimator | None, scores: GestureScores | None
) -> list[Finding]:
    """One sentence on each section that has something to tell."""
    return [_clips(data), *_faces(extraction), *_units(estimator), *(scores.verdicts if scores else [])]


def _clips(data: Data) -> Finding:
    failed = {clip for problem in data.problems if problem.failed for clip in problem.clips}
    if not failed:
        return True, "Every clip went through every stage that ran."
    return False, f"{len(failed)} of {data.clips} clips could not be used in some stage; see the problems below."


def _faces(extraction: Extraction | None) -> Iterator[Finding]:
    if extraction and extraction.face_found is not None:
        share = extraction.face_found
        yield share >= FACES, f"A face was found in {percent(share)} of the frames that are known to show one."


def _units(estimator: Estimator | None) -> Iterator[Finding]:
    if estimator and estimator.mean_pearson is not None:
        r = estimator.mean_pearson
        yield r >= MEAN_R, f"Action units follow those of unseen synthetic faces with a mean r of {r:.2f}."


def percent(value: float | None) -> str:
    """A share as a percentage that never rounds up to 100 % or down to 0 %; a dash for None."""
    if value is None:
        return "–"
    text = f"{100 * value:.1f}"
    if text in {"100.0", "0.0"}:
        text = {0.0: "0", 1.0: "100"}.get(value, "> 99.9" if value > 0.5 else "< 0.1")
    return f"{text} %"
