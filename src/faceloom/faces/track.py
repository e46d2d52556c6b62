"""Faces from picture to picture: near the last box first, the whole picture when lost.

Every detection is made anew on its own picture, so a face that is gone is gone in that picture; what is carried over
is only where to look and which track it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from faceloom.faces.boxes import Box, Detection, iou
from faceloom.faces.detect import Detector, Gray

PATIENCE: Final = 12
"""Pictures (about half a second) after which a lost face that comes back is a new track."""
SAME_FACE: Final = 0.3
"""Overlap with the last box at which a detection continues a track; boxes of neighbouring pictures overlap by 0.8."""
RECHECK: Final = 25
"""Every so many pictures the whole one is searched though nothing is lost: there may be a larger or another face."""
LARGER: Final = 1.3
"""Another face must have this many times the area to take over: two faces of one size must not alternate."""
SLOW_EVERY: Final = 4
"""While no face is seen, the slow detectors look at the whole picture every so many pictures and at each scene cut."""
SLOW_SMALLEST: Final = 1.5
"""Their smallest face, relative to the first detector's: their cost grows with its inverse square."""
CUT_CHANGE: Final = 30.0
"""Mean absolute change of luma from one picture to the next that makes a scene cut."""
THUMBNAIL: Final = 8


@dataclass(frozen=True)
class Face:
    """One face in one picture."""

    box: Box
    confidence: float
    source: str
    track: int


@dataclass
class _Track:
    """Where a face was last seen."""

    track: int
    box: Box
    lost: int = 0


@dataclass
class Tracker:
    """Feeds on one picture after the other.

    Attributes:
        finders: Detectors, the first one first; the others are asked where it finds nothing.
        smallest: Smallest face in pixels.
        many: Follow all faces, or the largest alone.
    """

    finders: Sequence[Detector]
    smallest: float
    many: bool = False
    _tracks: list[_Track] = field(default_factory=list)
    _next: int = 0
    _age: int = 0
    _unseen: int = 0
    _thumbnail: NDArray[np.int16] | None = None

    def step(self, gray: Gray) -> list[Face]:
        """The faces of the next picture, the largest first.

        Args:
            gray: (h, w) luma.
        """
        if self._is_cut(gray):
            self._tracks.clear()
            self._age = self._unseen = 0
        faces = self._follow(gray)
        if not faces or self._age % RECHECK == 0:
            faces = self._discover(gray, faces)
        self._age += 1
        self._unseen = 0 if faces else self._unseen + 1
        self._forget({face.track for face in faces})
        return sorted(faces, key=lambda face: (-face.box.area, face.track))

    def _is_cut(self, gray: Gray) -> bool:
        """Whether this picture shows another scene than the one before."""
        last = self._thumbnail
        self._thumbnail = gray[THUMBNAIL // 2 :: THUMBNAIL, THUMBNAIL // 2 :: THUMBNAIL].astype(np.int16)
        if last is None or last.shape != self._thumbnail.shape:
            return False
        return float(np.abs(self._thumbnail - last).mean()) > CUT_CHANGE

    def _follow(self, gray: Gray) -> list[Face]:
        """Known faces found again near their last boxes, by any detector."""
        faces: list[Face] = []
        for track in self._tracks:
            found = self._near(gray, track.box)
            if found is None or any(iou(found.box, face.box) > SAME_FACE for face in faces):
                continue
            source = "region" if found.source == "opencv" else found.source
            faces.append(Face(found.box, found.confidence, source, track.track))
            track.box = found.box
        return faces

    def _near(self, gray: Gray, box: Box) -> Detection | None:
        for finder in self.finders:
            found = [d for d in finder.near(gray, box) if iou(d.box, box) > SAME_FACE]
            if found:
                return max(found, key=lambda d: iou(d.box, box))
        return None

    def _discover(self, gray: Gray, faces: list[Face]) -> list[Face]:
        """Search the whole picture; known faces keep their tracks."""
        found = self._anywhere(gray, slow=not faces and self._unseen % SLOW_EVERY == 0)
        news = [d for d in found if all(iou(d.box, face.box) <= SAME_FACE for face in faces)]
        if self.many:
            for detection in news:
                faces = [*faces, self._join(detection, faces)]
            return faces
        best = max(news, key=lambda d: d.box.area, default=None)
        if best is None or (faces and best.box.area < LARGER * faces[0].box.area):
            return faces
        return [self._join(best, faces)]

    def _anywhere(self, gray: Gray, slow: bool) -> list[Detection]:
        for index, finder in enumerate(self.finders):
            if index and not slow:
                break
            found = finder.anywhere(gray, self.smallest * (SLOW_SMALLEST if index else 1.0))
            if found:
                return found
        return []

    def _join(self, found: Detection, faces: list[Face]) -> Face:
        """Continue the lost track that was at this place, or begin a new one."""
        taken = {face.track for face in faces}
        for track in self._tracks:
            if track.track not in taken and iou(track.box, found.box) > SAME_FACE:
                track.box = found.box
                return Face(found.box, found.confidence, found.source, track.track)
        self._tracks.append(_Track(self._next, found.box))
        self._next += 1
        return Face(found.box, found.confidence, found.source, self._next - 1)

    def _forget(self, seen: set[int]) -> None:
        """Count the pictures that each track is lost for; end those that are lost too long or were replaced."""
        for track in self._tracks:
            track.lost = 0 if track.track in seen else track.lost + 1
        self._tracks = [t for t in self._tracks if t.lost <= PATIENCE and (self.many or not seen or t.track in seen)]
