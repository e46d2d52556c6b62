"""A few clips as the pipeline sees them: a film with everything drawn on it, and its action-unit curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from faceloom.facs import AU_COLUMNS, AUS, MAX_INTENSITY
from faceloom.report import overlays, video
from faceloom.report.charts import Series, Strip, Strips
from faceloom.report.overlays import Overlay
from faceloom.report.stretch import Stretch, liveliest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from faceloom.params import Report
    from faceloom.report.project import Project
    from faceloom.report.video import Film, Image
    from faceloom.store import Clip

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
ANGLES: Final = ("yaw", "pitch", "roll")
CURVES: Final = 6
"""Action units shown beside a film: those that move most in it."""


@dataclass(frozen=True)
class ClipView:
    """One clip's film and curves."""

    clip: str
    film: Film
    curves: Strips | None
    start: float
    found: str


def choose(project: Project, params: Report) -> list[Stretch]:
    """The liveliest stretch of a few clips: those that mostly show a face first, one a subject where possible."""
    clips = [clip for clip in project.clips(**FOLDERS) if "decoded" in clip.media and clip.row["has_video"]]
    faces = {row["clip"]: row.get("face_frames") or 0 for row in project.index("data/faces")}
    clips.sort(key=lambda clip: (2 * faces.get(clip.clip, 0) < clip.n_frames, *_rank(clip)))
    length = round(params.seconds * video.FPS)
    return [liveliest(clip, length) for clip in _varied(clips, params.clips)]


def _rank(clip: Clip) -> tuple[bool, bool, str]:
    """Clips that no model was trained on first, speakers before listeners."""
    return clip.row.get("split") != "test", clip.row.get("role") != "speaker", clip.clip


def _varied(clips: list[Clip], count: int) -> list[Clip]:
    """The first clips, with a new subject (or group) each as long as there are any."""
    first: dict[str, Clip] = {}
    for clip in clips:
        first.setdefault(str(clip.row.get("subject") or clip.row.get("group") or clip.clip), clip)
    chosen = list(first.values())
    return (chosen + [clip for clip in clips if clip not in chosen])[:count]


def view(stretch: Stretch) -> ClipView:
    """Film and curves of a stretch of a clip that has pictures."""
    found = overlays_of(stretch)
    path = stretch.clip.media["decoded"]
    pictures = video.read_frames(path, stretch.start, stretch.stop)
    faces = [i for i, overlay in enumerate(found) if overlay.box is not None]
    poster = faces[len(faces) // 2] if faces else 0
    film = video.film(_draw(pictures, found), video.read_sound(path, stretch.start, stretch.stop), poster)
    return ClipView(
        clip=stretch.clip.clip,
        film=film,
        curves=au_curves(stretch),
        start=stretch.start / video.FPS,
        found=f"face in {len(faces)} of {len(found)} frames",
    )


def _draw(pictures: Iterator[Image], found: list[Overlay]) -> Iterator[Image]:
    for picture, overlay in zip(pictures, found, strict=False):
        whole = overlays.draw(picture, overlay, HEIGHT)
        panels = overlays.crop_panel(picture, overlay, HEIGHT // 2)
        yield np.hstack([whole, np.vstack(panels)])


def overlays_of(stretch: Stretch) -> list[Overlay]:
    """What the stages found in each frame of the stretch; empty overlays where there is no face."""
    faces, angles = stretch.numbers("faces", FACE), stretch.numbers("pose", ANGLES)
    meshes = [_points(values, 3) for values in stretch.column("facial", "landmarks")]
    landmarks = [_points(values, 2) for values in stretch.column("facial", "landmarks68")]
    rows = zip(faces, meshes, landmarks, angles, strict=True)
    return [_overlay(*row) if row[0][0] == 1 else Overlay() for row in rows]


def _overlay(face: Values, mesh: Values | None, landmarks: Values | None, angles: Values) -> Overlay:
    _, x, y, w, h, crop_x, crop_y, crop_size = map(float, face)
    yaw, pitch, roll = map(float, angles)
    return Overlay((x, y, w, h), (crop_x, crop_y, crop_size), mesh, landmarks, (yaw, pitch, roll))


def _points(values: Any, width: int) -> Values | None:
    """Points (n, width) of a flat or nested list; None for an empty or unknown one."""
    points = np.array([] if values is None else values, float).reshape(-1, width)
    return points if np.isfinite(points).any() else None


def au_curves(stretch: Stretch) -> Strips | None:
    """Curves of the action units that move most in the stretch; none where `facial` has not run."""
    curves = stretch.numbers("facial", AU_COLUMNS)
    known = np.isfinite(curves)
    if not known.any():
        return None
    spread = np.where(known.any(0), np.nanstd(np.where(known.any(0), curves, 0.0), 0), 0.0)
    liveliest_units = sorted(np.argsort(-spread, kind="stable")[:CURVES])
    seconds = np.arange(len(stretch)) / video.FPS
    rows = [Strip(AUS[i], [Series("measured", "measured", seconds, curves[:, i])]) for i in liveliest_units]
    return Strips("Action-unit intensity, 0–5", "time in s", rows, (0.0, MAX_INTENSITY))
