"""Faces from picture to picture: near the last box first, the whole picture when lost.

Every detection is made anew on its own picture, so a face that is gone is gone in that picture; what is carried over
is only where to look and which track it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from faceloom.faces.boxes import Box, Detection, iou
from faceloom.faces.detect import Detector, Gray

Thumbnail = NDArray[np.float32]

PATIENCE: Final = 12
"""Pictures (about half a second) after which a lost face that comes back is a new track."""
SAME_FACE: Final = 0.3
"""Overlap with the last box at which a detection continues a track; boxes of neighbouring pictures overlap by 0.8."""
RECHECK: Final = 10
"""Every so many pictures the whole one is searched though nothing is lost: there may be a larger or another face."""
LARGER: Final = 1.3
"""Another face must have this many times the area to take over: two faces of one size must not alternate."""
GRACE: Final = 3
"""Pictures after a loss in which everything but the slow detectors' whole picture is searched in each."""
FAST_EVERY: Final = 2
"""After them the first detector searches the whole picture this often, and at once where a still one moves again,"""
SLOW_EVERY: Final = PATIENCE
"""and the others this often, and at once where a clip or a scene begins: a face that comes back waits that long."""
SLOW_SMALLEST: Final = 2.0
"""Their smallest face, relative to the first detector's: their cost grows with its inverse square."""
CUT_CHANGE: Final = 30.0
"""Mean absolute change of luma from one picture to the next that makes a scene cut."""
STILL_CHANGE: Final = 5.0
"""Change of luma, anywhere in the picture, below which it shows what an empty one did: compression noise. It is not
searched again; only the slow detectors look once if they did not."""
THUMBNAIL: Final = 8
"""Pixels between the samples of luma that are compared."""


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
    _chosen: int | None = None
    _age: int = 0
    _unseen: int = 0
    _last: Thumbnail | None = None
    _empty: Thumbnail | None = None
    _was_still: bool = False
    _fully_searched: bool = False

    def step(self, gray: Gray) -> list[Face]:
        """The faces of the next picture, the chosen one first, then by size.

        Args:
            gray: (h, w) luma.
        """
        thumbnail = gray[THUMBNAIL // 2 :: THUMBNAIL, THUMBNAIL // 2 :: THUMBNAIL].astype(np.float32)
        if self._last is None or _change(thumbnail, self._last) > CUT_CHANGE:
            self._tracks.clear()
            self._age = self._unseen = 0
        self._last = thumbnail
        faces = self._search(gray, thumbnail)
        self._age += 1
        self._unseen = 0 if faces else self._unseen + 1
        self._forget({face.track for face in faces})
        return self._ordered(faces)

    def _ordered(self, faces: list[Face]) -> list[Face]:
        """The chosen face first: the largest, but only a clearly larger one takes over from the last picture's."""
        faces = sorted(faces, key=lambda face: (-face.box.area, face.track))
        held = next((face for face in faces if face.track == self._chosen), None)
        if held is not None and faces[0].box.area < LARGER * held.box.area:
            faces = [held, *(face for face in faces if face is not held)]
        self._chosen = faces[0].track if faces else self._chosen
        return faces

    def _search(self, gray: Gray, thumbnail: Thumbnail) -> list[Face]:
        still = self._empty is not None and _change(thumbnail, self._empty, local=True) < STILL_CHANGE
        woken, self._was_still = self._was_still and not still, still
        if still:
            return self._search_still(gray)
        self._empty = None
        faces = self._follow(gray)
        if faces and self._age % RECHECK == 0:
            smallest = self.smallest if self.many else max(self.smallest, faces[0].box.w * LARGER**0.5)
            return self._merge(faces, self.finders[0].anywhere(gray, smallest))
        if faces or not (woken or self._unseen < GRACE or self._unseen % FAST_EVERY == 0):
            return faces
        slow = self._age == 0 or self._is_slow_turn()
        found = self._anywhere(gray, self.finders if slow else self.finders[:1])
        if not found:
            self._empty, self._fully_searched = thumbnail, slow
        return self._merge([], found)

    def _search_still(self, gray: Gray) -> list[Face]:
        """What the first detector has searched in vain is left to the slow ones, once."""
        if self._fully_searched or not self._is_slow_turn():
            return []
        self._fully_searched = True
        return self._merge([], self._anywhere(gray, self.finders[1:]))

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

    def _is_slow_turn(self) -> bool:
        return self._unseen > 0 and self._unseen % SLOW_EVERY == 0

    def _near(self, gray: Gray, box: Box) -> Detection | None:
        everything = self._unseen < GRACE or self._is_slow_turn()
        for finder in self.finders if everything else self.finders[:1]:
            found = [d for d in finder.near(gray, box) if iou(d.box, box) > SAME_FACE]
            if found:
                return max(found, key=lambda d: iou(d.box, box))
        return None

    def _anywhere(self, gray: Gray, finders: Sequence[Detector]) -> list[Detection]:
        for finder in finders:
            slow = finder is not self.finders[0]
            found = finder.anywhere(gray, self.smallest * (SLOW_SMALLEST if slow else 1.0))
            if found:
                return found
        return []

    def _merge(self, faces: list[Face], found: Sequence[Detection]) -> list[Face]:
        """Add what a search of the whole picture found to the faces that are followed, or replace a smaller one."""
        news = [d for d in found if all(iou(d.box, face.box) <= SAME_FACE for face in faces)]
        if self.many:
            for detection in sorted(news, key=lambda d: -d.box.area):
                faces = [*faces, self._join(detection, faces)]
            return faces
        best = max(news, key=lambda d: d.box.area, default=None)
        if best is None or (faces and best.box.area < LARGER * faces[0].box.area):
            return faces
        return [self._join(best, faces)]

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


def _change(a: Thumbnail, b: Thumbnail, local: bool = False) -> float:
    """Mean absolute difference of two thumbnails, or its largest mean over 5x5 samples; infinite between two sizes."""
    if a.shape != b.shape:
        return float("inf")
    difference = cv2.absdiff(a, b)
    return float(cv2.blur(difference, (5, 5)).max() if local else difference.mean())
