"""Listeners' reactions: films of generated ones beside the real, curves, and the challenge's table of metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from faceloom.errors import InputError
from faceloom.facs import REACT_ATTRIBUTES
from faceloom.report import panels, video
from faceloom.report.charts import Series, Strip, Strips
from faceloom.report.tables import Cell, Table, number

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from faceloom.params import Report
    from faceloom.report.project import Project
    from faceloom.report.video import Film
    from faceloom.store import Clip

    Values = npt.NDArray[np.float64]

FOLDER: Final = "metrics/reaction"
ROWS: Final = {
    "online": "Model, online",
    "offline": "Model, offline",
    "online_no_speaker": "Online, without a speaker",
    "online_stranger": "Online, to another speaker",
    "mean_frame": "Mean frame",
    "mean_sequence": "Mean sequence",
    "mime": "Mime: the speaker's own face",
    "random": "Random",
    "ground_truth": "The real reaction, ten times",
}
METRICS: Final = {
    "FRCorr": ("FRCorr, 0–10", 1),
    "FRDist": ("FRDist", -1),
    "FRDiv": ("FRDiv", 0),
    "FRVar": ("FRVar", 0),
    "FRDvs": ("FRDvs", 0),
    "FRSyn": ("FRSyn, frames", 0),
    "FRSyn_published": ("FRSyn as published", 0),
}
"""What to call them, and which way is better: the others say how lively reactions are, not how good."""
STREAMS: Final = {"au": "Action units", "expression": "Expression", "va": "Valence and arousal"}
CURVES: Final = 6
HEADS: Final = 4
"""Of the ten generated reactions; with speaker and listener two full rows of squares."""
LIVELY: Final = 3
"""Clips shown at most."""


@dataclass(frozen=True)
class Example:
    """One dyad: who is in it, the frames that are shown, and what its listener did and might have done.

    `real` (T, 25), `generated` (10, T, 25), `mean` (T, 25) of the training reactions; both films decoded, where known.
    """

    speaker: str
    listener: str
    start: int
    stop: int
    real: Values
    generated: Values
    mean: Values
    speaker_film: Path | None
    listener_film: Path | None


@dataclass(frozen=True)
class ReactionView:
    """One dyad as the page shows it."""

    speaker: str
    listener: str
    start: float
    film: Film | None
    curves: Strips


@dataclass(frozen=True)
class ReactionScores:
    """The tables, and sentences with whether they are good news."""

    clips: int
    split: str
    frames: int
    table: Table
    verdicts: list[tuple[bool, str]]
    codes: Table
    matching: float | None


def choose(project: Project, params: Report) -> list[Example]:
    """The dyads whose real listeners move most."""
    folder = project.root / FOLDER
    if not params.clips or not (folder / "clips.csv").is_file():
        return []
    made, real, mean = (np.load(folder / f"{name}.npy") for name in ("predictions_online", "real", "usual"))
    who = pd.read_csv(folder / "clips.csv")
    decoded = {clip.clip: clip.media.get("decoded") for clip in _decoded(project)}
    order = np.argsort(-real.astype(float).std(axis=1).mean(axis=1), kind="stable")[: min(params.clips, LIVELY)]
    length = min(round(params.seconds * video.FPS), real.shape[1])
    return [
        _example(who.iloc[n], decoded, made[n].astype(float), real[n].astype(float), mean[0].astype(float), length)
        for n in order
    ]


def _decoded(project: Project) -> list[Clip]:
    return project.clips(decoded="data/decoded")


def _example(
    who: Any, decoded: dict[str, Path | None], generated: Values, real: Values, mean: Values, length: int
) -> Example:
    """The `length` frames in which the real listener's face changes most."""
    change = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(real, axis=0, prepend=real[:1])).sum(axis=1))])
    start = int(np.argmax(change[length:] - change[: len(change) - length]))
    part = slice(start, start + length)
    films = (decoded.get(who["speaker"]), decoded.get(who["listener"]))
    return Example(
        who["speaker"], who["listener"], start, part.stop, real[part], generated[:, part], mean[part], *films
    )


def view(example: Example) -> ReactionView:
    """Film and curves of a dyad."""
    start = example.start / video.FPS
    return ReactionView(example.speaker, example.listener, start, _film(example), curves(example))


def _film(example: Example) -> Film | None:
    """Speaker, real listener and generated reactions with the speaker's sound; None without films or the head."""
    if example.speaker_film is None or example.listener_film is None:
        return None
    span = example.start, example.stop
    shown = [
        ("speaker", panels.recorded(example.speaker_film, *span)),
        ("real listener", panels.recorded(example.listener_film, *span)),
        *((f"generated {k + 1}", panels.head(values)) for k, values in enumerate(example.generated[:HEADS])),
    ]
    try:
        return video.film(panels.mosaic(shown), video.read_sound(example.speaker_film, *span), _liveliest(example.real))
    except InputError:
        return None


def _liveliest(real: Values) -> int:
    return int(np.abs(real - real.mean(axis=0)).sum(axis=1).argmax())


def curves(example: Example) -> Strips:
    """The attributes that move most in the real reaction, with all ten generated ones and the training mean."""
    moving = np.argsort(-example.real.std(axis=0), kind="stable")[:CURVES]
    seconds = np.arange(len(example.real)) / video.FPS
    rows = [
        Strip(
            REACT_ATTRIBUTES[k],
            [
                *(Series(f"generated {i + 1}", "ghost", seconds, one[:, k]) for i, one in enumerate(example.generated)),
                Series("mean of the training reactions", "baseline", seconds, example.mean[:, k]),
                Series("real", "true", seconds, example.real[:, k]),
            ],
        )
        for k in sorted(moving)
    ]
    return Strips("Facial attributes: action units 0–1, valence and arousal −1–1", "time in s", rows, (-1.0, 1.0))


def scores(project: Project) -> ReactionScores | None:
    """Scores of `metrics/reaction.json`; None where it is absent."""
    found = project.json(f"{FOLDER}.json")
    if found is None:
        return None
    runs = {name: found["scores"][name] for name in ROWS if name in found["scores"]}
    matching = found["matching"]["accuracy"]
    return ReactionScores(
        clips=found["clips"],
        split=found["split"],
        frames=found["frames"],
        table=compare(runs),
        verdicts=verdicts(runs, matching),
        codes=_codes(found["codebooks"]),
        matching=matching,
    )


def compare(runs: dict[str, dict[str, float | None]]) -> Table:
    """A row a predictor, a column a metric; of FRCorr and FRDist the best is marked, the real one does not compete."""
    best = {
        metric: max(
            (name for name in runs if name != "ground_truth" and runs[name].get(metric) is not None),
            key=lambda name: sign * (runs[name][metric] or 0.0),
            default=None,
        )
        for metric, (_, sign) in METRICS.items()
        if sign
    }
    rows = [
        (ROWS[name], [Cell(number(run.get(metric)), "best" if best.get(metric) == name else "") for metric in METRICS])
        for name, run in runs.items()
    ]
    return Table(
        "", [label for label, _ in METRICS.values()], rows, dict.fromkeys((ROWS["online"], ROWS["offline"]), "model")
    )


def verdicts(runs: dict[str, dict[str, Any]], matching: float | None) -> list[tuple[bool, str]]:
    """A sentence each on the naive rows, on hearing, and on matching."""
    sentences = []
    for task in ("online", "offline"):
        for metric, sign in (("FRCorr", 1), ("FRDist", -1)):
            naive = [name for name in ("mean_frame", "mean_sequence", "mime", "random") if name in runs]
            better = [name for name in naive if sign * (runs[task][metric] - runs[name][metric]) > 0]
            worse = [ROWS[name].split(":")[0].lower() for name in naive if name not in better]
            text = f"{task} {metric} {number(runs[task][metric])}"
            sentence = "beats all naive rows" if not worse else f"does not beat {', '.join(worse)}"
            sentences.append((not worse, f"The model, {text}, {sentence}."))
    if "online_no_speaker" in runs:
        more = runs["online"]["FRCorr"] > runs["online_no_speaker"]["FRCorr"]
        pair = f"{number(runs['online']['FRCorr'])} against {number(runs['online_no_speaker']['FRCorr'])}"
        sentences.append((more, f"Seeing the speaker {'helps' if more else 'does not help'}: FRCorr {pair} without."))
    if matching is not None:
        sentences.append(
            (matching > 0.7, f"It tells real pairs from strangers in {matching:.0%} of cases (guessing: 50%).")
        )
    return sentences


def _codes(found: dict[str, dict[str, Any]]) -> Table:
    """How much of each codebook real and generated reactions use."""
    names = {"codes": "codes", "real": "used by real", "online": "by online", "offline": "by offline"}
    names |= {
        "real_perplexity": "perplexity of real",
        "online_perplexity": "of online",
        "offline_perplexity": "of offline",
    }
    rows = [
        (label, [Cell(number(found[name][key])) for key in names]) for name, label in STREAMS.items() if name in found
    ]
    return Table("", list(names.values()), rows)
