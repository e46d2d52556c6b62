"""468 face landmarks (MediaPipe's face mesh) in single images and tracked through clips."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.features.tflite import TfliteNetwork

Array = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]

N_LANDMARKS: Final = 468
CROP: Final = 128
"""Side of the face crops in `data/faces`, pixels."""

MARGIN: Final = 1.5
"""Side of the network's square over the larger side of the landmarks' box, as the network was trained."""

RIGHT_EYE_CORNERS: Final = (33, 133)
LEFT_EYE_CORNERS: Final = (362, 263)
"""The subject's eyes, each from the image's left to its right."""

LANDMARKS68: Final = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),  # jaw
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),  # brows
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),  # nose
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # eyes
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
)
"""The mesh's nearest points to the 68 of the iBUG/dlib mark-up, in its order."""

KEYPOINTS15: Final[dict[str, tuple[int, ...]]] = {
    "left_eye_center": (263, 362, 386, 374),
    "right_eye_center": (33, 133, 159, 145),
    "left_eye_inner_corner": (362,),
    "left_eye_outer_corner": (263,),
    "right_eye_inner_corner": (133,),
    "right_eye_outer_corner": (33,),
    "left_eyebrow_inner_end": (285,),
    "left_eyebrow_outer_end": (300, 276),
    "right_eyebrow_inner_end": (55,),
    "right_eyebrow_outer_end": (70, 46),
    "nose_tip": (4,),
    "mouth_left_corner": (291,),
    "mouth_right_corner": (61,),
    "mouth_center_top_lip": (0,),
    "mouth_center_bottom_lip": (17,),
}
"""The 15 points of Kaggle's facial-keypoints set in its order, each the mean of these landmarks; left is the
subject's left."""


@dataclass(frozen=True)
class Roi:
    """A square that turns with the head: centre and side in pixels, angle in radians (clockwise on the screen).

    Its coordinates are continuous (pixel k covers k to k + 1); those of landmarks are pixel indices, as OpenCV's.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def to_image(self, side: int, mirror: bool = False) -> Array:
        """The 2x3 matrix from pixels of the square, resampled to `side`, to pixels of the image."""
        scale, flip = self.side / side, -1.0 if mirror else 1.0
        cos, sin = scale * math.cos(self.angle), scale * math.sin(self.angle)
        middle = side / 2 - 0.5
        x, y = self.x - 0.5 - (flip * cos - sin) * middle, self.y - 0.5 - (flip * sin + cos) * middle
        return np.array([[flip * cos, -sin, x], [flip * sin, cos, y]], dtype=np.float32)

    def cut(self, image: Image, side: int, mirror: bool = False) -> Image:
        """Resample the square of an image to `side` pixels; what lies outside repeats the border."""
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = self.to_image(side, mirror)
        cut = cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cut, dtype=np.uint8)

    def from_crop(self, landmarks: Array, side: int) -> Array:
        """Landmarks (468, 3) in pixels of a cut of `side` as landmarks in pixels of the image."""
        (a, b, c), (d, e, f) = self.to_image(side)
        x, y, z = landmarks.T
        return np.stack([a * x + b * y + c, d * x + e * y + f, z * np.float32(self.side / side)], axis=1)

    def to_crop(self, landmarks: Array, side: int) -> Array:
        """The inverse of `from_crop`, for squares that are not turned."""
        half = np.array([0.5, 0.5, 0], dtype=np.float32)
        corner = np.array([self.x - self.side / 2, self.y - self.side / 2, 0], dtype=np.float32)
        return np.asarray((landmarks + half - corner) * (side / self.side) - half, dtype=np.float32)

    def inside(self, crop: Roi, side: int) -> Roi:
        """This square of a picture as a square of a crop of it that is not turned and has `side` pixels."""
        scale, half = side / crop.side, crop.side / 2
        x, y = (self.x + 0.5 - crop.x + half) * scale - 0.5, (self.y + 0.5 - crop.y + half) * scale - 0.5
        return Roi(x, y, self.side * scale, self.angle)


def decode(encoded: bytes) -> Image:
    """RGB pixels of a JPEG or PNG."""
    return np.asarray(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR_RGB), dtype=np.uint8)


def whole(image: Image) -> Roi:
    """The square that covers a face crop: crops have about the margin that the network wants."""
    height, width = image.shape[:2]
    return Roi(width / 2, height / 2, max(width, height))


def eyes_angle(landmarks: Array) -> float:
    """Angle of the line through the eyes' outer corners, radians, of landmarks (468, 2 or 3)."""
    (x0, y0), (x1, y1) = landmarks[[RIGHT_EYE_CORNERS[0], LEFT_EYE_CORNERS[1]], :2].tolist()
    return math.atan2(y1 - y0, x1 - x0)


def roi_of(landmarks: Array) -> Roi:
    """Where to look for a face whose landmarks (468, 2 or 3), in pixels, are known: eyes level, with `MARGIN`."""
    angle = eyes_angle(landmarks)
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = np.ascontiguousarray(landmarks[:, :2].T)
    along, across = cos * x + sin * y, cos * y - sin * x
    left, right, top, bottom = (float(value) for value in (along.min(), along.max(), across.min(), across.max()))
    u, v = (left + right) / 2, (top + bottom) / 2
    return Roi(cos * u - sin * v, sin * u + cos * v, max(right - left, bottom - top) * MARGIN, angle)


class Landmarker:
    """`face_landmark.tflite`: landmarks in a square that holds one face."""

    def __init__(self) -> None:
        self._network = TfliteNetwork("face_landmark")

    def __call__(self, image: Image, roi: Roi, passes: int = 1) -> tuple[Array, float]:
        """Landmarks (468, 3) in the image's pixels (z grows away from the viewer) and the face's confidence 0-1.

        A second pass looks again where the first one found the face; tracking needs one.
        """
        landmarks, confidence = self._once(image, roi)
        for _ in range(passes - 1):
            landmarks, confidence = self._once(image, roi_of(landmarks))
        return landmarks, confidence

    def _once(self, image: Image, roi: Roi) -> tuple[Array, float]:
        side = self._network.side
        points, logit = self._network(roi.cut(image, side))
        landmarks = roi.from_crop(points.reshape(N_LANDMARKS, 3), side)
        return landmarks, (1 + math.tanh(float(logit[0]) / 2)) / 2  # the logistic function


def landmarks68(landmarks: Array) -> Array:
    """The 68-point subset (..., 68, 2) of landmarks (..., 468, 3)."""
    return landmarks[..., LANDMARKS68, :2]


def keypoints15(landmarks: Array) -> Array:
    """Kaggle's 15 keypoints (..., 15, 2) from landmarks (..., 468, 3)."""
    return np.stack([landmarks[..., points, :2].mean(axis=-2) for points in KEYPOINTS15.values()], axis=-2)


def keypoints15_of_68(points: Array) -> Array:
    """Kaggle's 15 keypoints (..., 15, 2) from 68 landmarks (..., 68, 2)."""
    eyes = [points[..., 42:48, :].mean(axis=-2), points[..., 36:42, :].mean(axis=-2)]
    rest = points[..., (42, 45, 39, 36, 22, 26, 21, 17, 30, 54, 48, 51, 57), :]
    return np.concatenate([np.stack(eyes, axis=-2), rest], axis=-2)
