"""Names of the Facial Action Coding System as the whole project writes them, and what moves in the face for each."""

from typing import Final

AUS: Final = tuple(f"AU{n:02d}" for n in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45))
"""The 17 action units, in OpenFace's order."""

AU_COLUMNS: Final = tuple(f"{au}_r" for au in AUS)
"""Intensity columns, 0-5, with OpenFace's suffix."""

UPPER_FACE_AUS: Final = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU07")
"""The six action units of speech-to-gesture."""

REACT_AUS: Final = tuple(f"AU{n:02d}" for n in (1, 2, 4, 6, 7, 9, 10, 12, 14, 15, 17, 23, 24, 25, 26))
"""The 15 action units of the REACT challenge."""

EXPRESSIONS: Final = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "anger", "contempt")
"""The eight expressions of the REACT challenge."""

AFFECT: Final = ("valence", "arousal")

REACT_ATTRIBUTES: Final = (*REACT_AUS, *AFFECT, *EXPRESSIONS)
"""The 25 facial attributes a frame of the REACT challenge, in its order: presence of 15 AUs (0 or 1), valence and
arousal (-1..1), probabilities of 8 expressions."""

MAX_INTENSITY: Final = 5.0
"""FACS level E."""

UNITS_OF_AU: Final[dict[str, tuple[str, ...]]] = {
    "AU01": ("browInnerUp",),
    "AU02": ("browOuterUp",),
    "AU04": ("browDown",),
    "AU05": ("eyeWide",),
    "AU06": ("cheekSquint",),
    "AU07": ("eyeSquint",),
    "AU09": ("noseSneer",),
    "AU10": ("mouthUpperUp",),
    "AU12": ("mouthSmile",),
    "AU14": ("mouthDimple",),
    "AU15": ("mouthFrown",),
    "AU16": ("mouthLowerDown",),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretch",),
    "AU22": ("mouthFunnel",),
    "AU23": ("mouthRollUpper", "mouthRollLower"),
    "AU24": ("mouthPress",),
    "AU26": ("jawOpen",),
    "AU45": ("eyeBlink",),
}
"""Face units (ARKit names, both sides together) that draw each action unit; AU25 is derived (see studio)."""

PROTOTYPES: Final[dict[str, dict[str, float]]] = {
    "neutral": {},
    "happy": {"AU06": 0.9, "AU12": 1.0},
    "sad": {"AU01": 0.9, "AU04": 0.6, "AU15": 0.9, "AU17": 0.4},
    "surprise": {"AU01": 0.9, "AU02": 0.9, "AU05": 0.9, "AU25": 1.0, "AU26": 0.8},
    "fear": {"AU01": 0.8, "AU02": 0.6, "AU04": 0.7, "AU05": 0.8, "AU07": 0.6, "AU20": 0.9, "AU25": 1.0, "AU26": 0.5},
    "disgust": {"AU04": 0.4, "AU09": 1.0, "AU10": 0.5, "AU15": 0.6},
    "anger": {"AU04": 1.0, "AU05": 0.5, "AU07": 0.9, "AU23": 0.8},
    "contempt": {"AU12": 0.5, "AU14": 0.8},
}
"""EMFACS prototypes, 0-1 of the full intensity; contempt is unilateral."""
