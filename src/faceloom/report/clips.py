"""A few clips as the pipeline sees them: a film with everything drawn on it, and its action-unit curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from faceloom.facs import AU_COLUMNS
from faceloom.report import overlays, video
from faceloom.report.charts import Chart, Series
from faceloom.report.overlays import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    import pyarrow as pa

    from faceloom.params import Report
    from faceloom.report.project import Project
    from faceloom.report.video import Film, Image
    from faceloom.store import Clip, ClipTable

    Values = npt.NDArray[np.float64]

HEIGHT: Final = 384
FOLDERS: Final = {
    "decoded": "data/decoded",
    "faces": "data/faces",
    "facial": "data/facial",
    "pose": "data/pose",
    "audio": "data/audio/frames",
}
FACE: Final = ("is_face", "x", "y", "w", "h", "crop_x", "crop_y", "crop_size")
CURVES: Final = 6
"""Action units shown beside a film: those that move most in it."""


@dataclass(frozen=True)
class ClipView:
    """One clip's film and curves."""

    clip: str
    film: Film
    charts: list[Chart]
    start: float
    found: str


@dataclass(frozen=True)
class Stretch:
    """The frames of a clip that are shown."""

    clip: Clip
    start: int
    stop: int

    def read(self, name: str, columns: tuple[str, ...] | None = None) -> dict[str, list[Any]]:
        """Columns of a table within the stretch; empty where the table or its columns are absent."""
        table = self.clip.tables.get(name)
        return {} if table is None else _slice(table, self.start, self.stop, columns)


def _slice(table: ClipTable, start: int, stop: int, columns: tuple[str, ...] | None) -> dict[str, list[Any]]:
    """Read row groups one by one and keep only the rows within start..stop."""
    kept: list[pa.Table] = []
    seen = 0
    for chunk in table.chunks(None if columns is None else list(columns)):
        first, last = max(start - seen, 0), min(stop - seen, len(chunk))
        if first < last:
            kept.append(chunk.slice(first, last - first))
        seen += len(chunk)
    return {name: [value for chunk in kept for value in chunk[name].to_pylist()] for name in columns or ()}


def views(project: Project, params: Report) -> list[ClipView]:
    """Films of the clips that show most: one a subject where possible, those with a face and a voice first."""
    return [_view(stretch) for stretch in choose(project, params)]


def choose(project: Project, params: Report) -> list[Stretch]:
    """Pick clips and the liveliest stretch of each; clips that no stage decoded are left out."""
    clips = [clip for clip in project.clips(**FOLDERS) if "decoded" in clip.media and clip.row["has_video"]]
    clips.sort(key=lambda clip: (clip.row.get("split") != "test", clip.row.get("role") != "speaker", clip.clip))
    length = round(params.seconds * video.FPS)
    return [liveliest(clip, length) for clip in _varied(clips, params.clips)]


def _varied(clips: list[Clip], count: int) -> list[Clip]:
    """The first clips, with a new subject (or group) each as long as there are any."""
    first: dict[str, Clip] = {}
    for clip in clips:
        first.setdefault(str(clip.row.get("subject") or clip.row.get("group") or clip.clip), clip)
    chosen = list(first.values())
    return (chosen + [clip for clip in clips if clip not in chosen])[:count]


def liveliest(clip: Clip, length: int) -> Stretch:
    """The stretch with the most frames that have a face, and then a voice."""
    weight = np.zeros(clip.n_frames)
    for name, column, value in (("faces", "is_face", 2.0), ("audio", "is_voiced", 1.0)):
        flags = np.array(Stretch(clip, 0, clip.n_frames).read(name, (column,)).get(column, []), float)
        weight[: len(flags)] += value * flags[: clip.n_frames]
    length = min(length, clip.n_frames)
    total = np.concatenate([[0.0], np.cumsum(weight)])
    start = int(np.argmax(total[length:] - total[:-length])) if length else 0
    return Stretch(clip, start, start + length)


def _view(stretch: Stretch) -> ClipView:
    found = overlays_of(stretch)
    path = stretch.clip.media["decoded"]
    pictures = video.read_frames(path, stretch.start, stretch.stop)
    film = video.film(_draw(pictures, found), video.read_sound(path, stretch.start, stretch.stop))
    faces = sum(overlay.box is not None for overlay in found)
    return ClipView(
        clip=stretch.clip.clip,
        film=film,
        charts=au_charts(stretch),
        start=stretch.start / video.FPS,
        found=f"face in {faces} of {len(found)} frames",
    )


def _draw(pictures: Iterator[Image], found: list[Overlay]) -> Iterator[Image]:
    for picture, overlay in zip(pictures, found, strict=False):
        whole = overlays.draw(picture, overlay, HEIGHT)
        panels = overlays.crop_panel(picture, overlay, HEIGHT // 2)
        yield np.hstack([whole, np.vstack(panels)])


def overlays_of(stretch: Stretch) -> list[Overlay]:
    """What the stages found in each frame of the stretch; empty overlays where there is no face."""
    face, pose = stretch.read("faces", FACE), stretch.read("pose", ("yaw", "pitch", "roll"))
    facial = stretch.read("facial", ("landmarks", "landmarks68"))
    return [_overlay(i, face, facial, pose) for i in range(stretch.stop - stretch.start)]


def _overlay(i: int, face: dict[str, list[Any]], facial: dict[str, list[Any]], pose: dict[str, list[Any]]) -> Overlay:
    if not face or not face["is_face"][i]:
        return Overlay()
    x, y, w, h, crop_x, crop_y, crop_size = (float(face[name][i]) for name in FACE[1:])
    return Overlay(
        box=(x, y, w, h),
        crop=(crop_x, crop_y, crop_size),
        mesh=_array(facial, "landmarks", i, 3),
        landmarks=_array(facial, "landmarks68", i, 2),
        angles=(pose["yaw"][i], pose["pitch"][i], pose["roll"][i]) if pose else None,
    )


def _array(table: dict[str, list[Any]], column: str, i: int, width: int) -> Values | None:
    values = table[column][i] if table else None
    points = np.array(values if values is not None else [], float).reshape(-1, width)
    return points if len(points) and np.isfinite(points).any() else None


def au_charts(stretch: Stretch) -> list[Chart]:
    """Curves of the action units that move most in the stretch; none where `facial` has not run."""
    table = stretch.read("facial", AU_COLUMNS)
    if not table:
        return []
    seconds = np.arange(stretch.stop - stretch.start) / video.FPS
    curves = {name[:4]: np.array(table[name], float) for name in AU_COLUMNS}
    spread = {name: float(np.nanstd(curve)) if np.isfinite(curve).any() else 0.0 for name, curve in curves.items()}
    liveliest_aus = sorted(sorted(curves, key=lambda name: (-spread[name], name))[:CURVES])
    return [
        Chart(
            title=name,
            x_label="time in s",
            y_label="intensity, 0–5",
            series=[Series(name, "measured", seconds, curves[name])],
            y_range=(0.0, 5.0),
            width=260,
            height=130,
        )
        for name in liveliest_aus
    ]
