"""Predicted against true gestures: curves, and the 3D head that moves by both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from faceloom.errors import InputError
from faceloom.facs import AU_COLUMNS, AUS, UPPER_FACE_AUS
from faceloom.report import video
from faceloom.report.charts import Series, Strip, Strips
from faceloom.report.heads import TwoHeads
from faceloom.report.stretch import Stretch, liveliest

if TYPE_CHECKING:
    import numpy.typing as npt

    from faceloom.params import Report
    from faceloom.report.project import Project
    from faceloom.report.video import Film

    Values = npt.NDArray[np.float64]

PREDICTIONS: Final = "metrics/gesture/predictions.parquet"
FOLDERS: Final = {
    "decoded": "data/decoded",
    "faces": "data/faces",
    "audio": "data/audio/frames",
    "facial": "data/facial",
    "pose": "data/pose",
}
ANGLES: Final = ("yaw", "pitch", "roll")
PLACES: Final = {
    1: ("The typical clip (median error)",),
    2: ("The clip it predicts best", "The clip it predicts worst"),
    3: ("The clip it predicts best", "The typical clip (median error)", "The clip it predicts worst"),
}


@dataclass(frozen=True)
class Tracks:
    """Intensities (frames, 6) of the upper face: measured in the video, predicted from the voice, exact if known."""

    measured: Values
    predicted: Values
    exact: Values

    @property
    def name(self) -> str:
        """What the left head shows."""
        return "true" if np.isfinite(self.exact).any() else "measured"

    @property
    def best_known(self) -> Values:
        """The exact intensities where there are any, else the measured ones."""
        return self.exact if self.name == "true" else self.measured


@dataclass(frozen=True)
class Example:
    """One clip to show: what it stands for, the stretch, and its error over the whole clip in AU units."""

    place: str
    stretch: Stretch
    error: float
    tracks: Tracks


@dataclass(frozen=True)
class GestureView:
    """One clip's prediction: what it stands for, its error, film (None without the studio's data) and curves."""

    place: str
    left: str
    clip: str
    rmse: float
    film: Film | None
    curves: Strips
    start: float


def choose(project: Project, params: Report) -> list[Example]:
    """The best, the typical and the worst predicted clip, or fewer where `report.clips` is smaller."""
    path = project.root / PREDICTIONS
    if not path.is_file() or not params.clips:
        return []
    table = pq.read_table(path).to_pandas()
    clips = {clip.clip: clip for clip in project.clips(**FOLDERS)}
    errors = errors_by_clip(table[table["clip"].isin(clips)])
    length = round(params.seconds * video.FPS)
    return [
        _example(
            f"{place}, of {len(errors)}", liveliest(clips[name], length), table[table["clip"] == name], errors[name]
        )
        for place, name in pick(errors, params.clips)
    ]


def errors_by_clip(table: pd.DataFrame) -> dict[str, float]:
    """Root of the mean squared error over frames and units, in AU units, of each clip that has one."""
    names = {kind: [f"{au}_{kind}" for au in UPPER_FACE_AUS] for kind in ("true", "predicted")}
    errors = {}
    for clip, rows in table.groupby("clip"):
        difference = rows[names["true"]].to_numpy(float) - rows[names["predicted"]].to_numpy(float)
        if np.isfinite(difference).any():
            errors[str(clip)] = float(np.sqrt(np.nanmean(difference**2)))
    return errors


def pick(errors: dict[str, float], count: int) -> list[tuple[str, str]]:
    """Up to three (place, clip) pairs spread over the clips in the order of their error."""
    ordered = sorted(errors, key=lambda name: (errors[name], name))
    places = PLACES.get(min(count, len(ordered), 3), ())
    if len(places) == 1:
        return [(places[0], ordered[(len(ordered) - 1) // 2])]
    steps = max(len(places) - 1, 1)
    return [(place, ordered[i * (len(ordered) - 1) // steps]) for i, place in enumerate(places)]


def _example(place: str, stretch: Stretch, table: pd.DataFrame, error: float) -> Example:
    rows = table.set_index("frame").reindex(np.arange(stretch.start, stretch.stop))
    return Example(place, stretch, error, Tracks(*(_columns(rows, kind) for kind in ("true", "predicted", "truth"))))


def view(example: Example) -> GestureView:
    """Film and curves of an example."""
    return GestureView(
        place=example.place,
        left=example.tracks.name,
        clip=example.stretch.clip.clip,
        rmse=example.error,
        film=_film(example.stretch, example.tracks),
        curves=curves(example.tracks),
        start=example.stretch.start / video.FPS,
    )


def _columns(rows: pd.DataFrame, kind: str) -> Values:
    values: Values = rows.reindex(columns=[f"{au}_{kind}" for au in UPPER_FACE_AUS]).to_numpy(float)
    return values


def curves(tracks: Tracks) -> Strips:
    """One row an action unit; all share one scale, from 0 to at least 2."""
    top = float(np.ceil(np.nanmax(np.concatenate([tracks.measured, tracks.predicted, tracks.exact]), initial=2.0)))
    seconds = np.arange(len(tracks.measured)) / video.FPS
    named = (("exact truth", "true", tracks.exact), ("measured", "measured", tracks.measured))
    lines = [line for line in (*named, ("predicted", "predicted", tracks.predicted)) if np.isfinite(line[2]).any()]
    rows = [
        Strip(
            au,
            [Series(label, style, seconds, values[:, i]) for label, style, values in lines],
            _agreement(tracks.measured[:, i], tracks.predicted[:, i]),
        )
        for i, au in enumerate(UPPER_FACE_AUS)
    ]
    return Strips("Action-unit intensity, 0–5", "time in s", rows, (0.0, top), right=62)


def _agreement(true: Values, predicted: Values) -> str:
    known = np.isfinite(true) & np.isfinite(predicted)
    x, y = true[known], predicted[known]
    if known.sum() < 3 or np.std(x) < 1e-6 or np.std(y) < 1e-6:
        return "r –"
    return f"r = {np.corrcoef(x, y)[0, 1]:.2f}".replace("-", "−")


def _film(stretch: Stretch, tracks: Tracks) -> Film | None:
    """Both heads side by side with the clip's sound; None where the studio's face is not installed."""
    try:
        heads = TwoHeads()
    except InputError:
        return None
    measured, pose = stretch.numbers("facial", AU_COLUMNS), filled(stretch.numbers("pose", ANGLES))
    left, right = (_with_upper_face(measured, upper) for upper in (tracks.best_known, tracks.predicted))
    frames = heads.frames((tracks.name, "predicted"), left, right, pose)
    path = stretch.clip.media.get("decoded")
    poster = int(np.argmax(np.nan_to_num(tracks.best_known).sum(1)))  # where the face moves most
    return video.film(frames, None if path is None else video.read_sound(path, stretch.start, stretch.stop), poster)


def _with_upper_face(aus: Values, upper: Values) -> Values:
    """All 17 units, those of the upper face replaced, gaps filled."""
    out = aus.copy()
    out[:, [AUS.index(au) for au in UPPER_FACE_AUS]] = upper
    return filled(out)


def filled(values: Values) -> Values:
    """Columns of (frames, n) with gaps bridged linearly; 0 where a column has no value at all."""
    return pd.DataFrame(values).interpolate(limit_direction="both").fillna(0.0).to_numpy(float)
