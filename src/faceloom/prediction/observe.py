"""Every face of a picture or film: found, confirmed by its landmarks, and read as far as a single face goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from faceloom.faces.boxes import Box, Detection, iou
from faceloom.faces.detect import Detector, detectors
from faceloom.faces.smooth import Crop
from faceloom.faces.track import SAME_FACE, Face, Tracker
from faceloom.features.iris import EyeTracker
from faceloom.features.landmarks import CROP, Landmarker, Roi, landmarks68, roi_of, whole
from faceloom.features.mouth_texture import mouth_texture
from faceloom.prediction.frames import Frame
from faceloom.stills.framing import Framing
from faceloom.stills.studio import shrunk

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

MARGIN: Final = 0.4
"""Of the crop in which landmarks are looked for beyond a detected box, in box sides: as `faces.margin`."""
MIN_SIZE: Final = 0.08
"""Smallest face, relative to a picture's shorter side."""
LEAST: Final = 24.0
"""Pixels of the smallest face: no detector sees smaller ones."""
MIN_CONFIDENCE: Final = 0.5
"""Of the landmark network, below which there is no face: MediaPipe's own threshold."""


@dataclass(frozen=True)
class Seen:
    """One face of one picture.

    Attributes:
        face: Its number: by size in a picture, the track's in a film.
        box: Pixels.
        confidence: The detector's, 0-1.
        landmarks: (468, 3), pixels; NaN where a picture is a face but shows no landmarks.
        eyes: (2, 76, 2), pixels of their pictures; None where action units are not asked for.
        texture: Of the mouth (mouth_texture.SIZE,); None as `eyes`.
        crops: Grey squares as each framing wants them, and where they lie.
    """

    face: int
    box: Box
    confidence: float
    landmarks: Array
    eyes: Array | None
    texture: Array | None
    crops: dict[Framing, tuple[Image, Roi]]


@dataclass
class _Last:
    """Where a track's face was, and its eyes."""

    landmarks: Array | None
    eyes: EyeTracker


class Observer:
    """Looks at pictures one by one, or at the frames of a film in their order.

    Args:
        framings: What the networks want to see of each face.
        eyes: Read the eyes and the mouth, for action units.
        min_size: Smallest face, relative to the shorter side.
    """

    def __init__(self, framings: Sequence[Framing], *, eyes: bool, min_size: float = MIN_SIZE) -> None:
        self._framings, self._with_eyes, self._min_size = framings, eyes, min_size
        self._finders: Sequence[Detector] = detectors("cascade")
        self._landmarker = Landmarker()
        self._tracker: Tracker | None = None
        self._tracks: dict[int, _Last] = {}
        self._spare: list[EyeTracker] = []

    def begin(self) -> None:
        """Forget the film so far."""
        self._tracker = None
        self._forget(set())

    def picture(self, frame: Frame) -> list[Seen]:
        """All faces of a picture, the largest first."""
        self.begin()
        found = sorted(find(frame.luma, self._finders, self._smallest(frame)), key=lambda d: -d.box.area)
        faces = [Face(d.box, d.confidence, d.source, number) for number, d in enumerate(found)]
        seen = [one for face in faces if (one := self.see(frame, face)) is not None]
        return [replace(one, face=number) for number, one in enumerate(distinct(seen))]

    def film(self, frame: Frame) -> list[Seen]:
        """All faces of the film's next frame, numbered by track."""
        self._tracker = self._tracker or Tracker(self._finders, self._smallest(frame), many=True)
        faces = self._tracker.step(frame.luma)
        self._forget({face.track for face in faces})
        return distinct([one for face in faces if (one := self.see(frame, face)) is not None])

    def cropped(self, frame: Frame) -> list[Seen]:
        """A picture that is a face and nothing else: the networks see all of it."""
        self.begin()
        width, height = frame.size
        side = max(width, height)
        square = Crop((width - side) / 2, (height - side) / 2, side)
        face = Face(Box(0, 0, width, height), 1.0, "none", 0)
        return [self._read(frame, face, square, whole_picture=True)]

    def _smallest(self, frame: Frame) -> float:
        return max(LEAST, self._min_size * min(frame.size))

    def see(self, frame: Frame, face: Face) -> Seen | None:
        """A detected face as the networks want it; None where its landmarks say that it is none."""
        (x, y), size = face.box.center, max(face.box.w, face.box.h) * (1 + MARGIN)
        seen = self._read(frame, face, Crop(x - size / 2, y - size / 2, size))
        return seen if np.isfinite(seen.landmarks[0, 0]) else None

    def _read(self, frame: Frame, face: Face, square: Crop, *, whole_picture: bool = False) -> Seen:
        image = frame.crop(square, CROP)
        half = square.size / 2
        crop = Roi(square.x + half, square.y + half, square.size)
        last = self._tracks.setdefault(face.track, _Last(None, self._spare.pop() if self._spare else EyeTracker()))
        inside, confidence = self._locate(image, crop, last)
        eyes = texture = None
        if confidence < MIN_CONFIDENCE:
            landmarks = np.full_like(inside, np.nan)
            last.landmarks = None
            last.eyes.forget()
        else:
            landmarks = crop.from_crop(inside, CROP)
            last.landmarks = landmarks
            if self._with_eyes:
                eyes, texture = last.eyes(image, inside), mouth_texture(image, inside)
        rois = {framing: crop if whole_picture else framed(landmarks, framing) for framing in self._framings}
        usable = whole_picture or last.landmarks is not None
        crops = {f: (shrunk(frame.grey, roi, f.pixels), roi) for f, roi in rois.items()} if usable else {}
        return Seen(face.track, face.box, face.confidence, landmarks, eyes, texture, crops)

    def _locate(self, image: Image, crop: Roi, last: _Last) -> tuple[Array, float]:
        """Landmarks in the crop's pixels: near the last ones, else anew."""
        if last.landmarks is not None:
            landmarks, confidence = self._landmarker(image, roi_of(last.landmarks).inside(crop, CROP))
            if confidence >= MIN_CONFIDENCE:
                return landmarks, confidence
            last.eyes.forget()
        return self._landmarker(image, whole(image), passes=2)

    def _forget(self, seen: set[int]) -> None:
        """A face that is away for a frame is looked for anew; its eye tracker serves the next one."""
        for track in set(self._tracks) - seen:
            eyes = self._tracks.pop(track).eyes
            eyes.forget()
            self._spare.append(eyes)


def find(luma: Image, finders: Sequence[Detector], smallest: float) -> list[Detection]:
    """What any detector finds, without what an earlier one has found too: a picture is worth all of them."""
    found: list[Detection] = []
    for finder in finders:
        news = finder.anywhere(luma, smallest)
        found += [d for d in news if all(iou(d.box, known.box) <= SAME_FACE for known in found)]
    return found


def framed(landmarks: Array, framing: Framing) -> Roi:
    """The square around landmarks (468, 3) that a data set's faces are cropped to."""
    points = landmarks68(landmarks)
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max())
    x, y = ((low + high) / 2).tolist()
    return Roi(x, y + framing.down * side, framing.margin * side)


def distinct(seen: Sequence[Seen]) -> list[Seen]:
    """Without faces whose landmarks lie on those of an earlier one: two boxes led to the same face."""
    kept: list[Seen] = []
    for one in seen:
        if all(iou(_outline(one), _outline(other)) <= SAME_FACE for other in kept):
            kept.append(one)
    return kept


def _outline(seen: Seen) -> Box:
    low, high = seen.landmarks[:, :2].min(axis=0), seen.landmarks[:, :2].max(axis=0)
    return Box(*low.tolist(), *(high - low).tolist())
