"""Short mp4 films for the page: pictures and sound of a stretch of a clip in, one file's bytes out."""

from __future__ import annotations

import itertools
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import cv2
import numpy as np

from faceloom.media.read import AUDIO_RATE, Picture
from faceloom.media.source import open_source
from faceloom.media.write import MediaWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]
    Sound = npt.NDArray[np.float32]

FPS: Final = 25
CRF: Final = 27
"""Films are for looking, not measuring: a few hundred kB each, so that the page can be mailed."""


@dataclass(frozen=True)
class Film:
    """An encoded film with its poster, as data URIs."""

    video: str
    poster: str
    width: int
    height: int
    seconds: float


def film(frames: Iterable[Image], sound: Sound | None, poster: int) -> Film:
    """Encode 25 fps RGB frames (equal even sizes, uint8) and 16 kHz mono sound (-1..1); at least one frame.

    The poster is the frame of that number, for the first frame is rarely the best.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        count = encode(path, frames, sound)
        still = next(read_frames(path, min(poster, count - 1), count))
        video = path.read_bytes()
    height, width = still.shape[:2]
    return Film(data_uri("video/mp4", video), jpeg(still), width, height, count / FPS)


def encode(path: Path, frames: Iterable[Image], sound: Sound | None) -> int:
    """Write H.264 and AAC as long as the pictures last; returns the number of frames."""
    images = iter(frames)
    first = next(images)
    height, width = first.shape[:2]
    count = 0
    rate = None if sound is None else AUDIO_RATE
    with MediaWriter(path, (width, height), rate, preset="medium", crf=CRF) as writer:
        for image in itertools.chain([first], images):
            writer.write_rgb(image)
            if sound is not None:
                writer.write_audio(sound[_sample(count) : _sample(count + 1)])
            count += 1
    return count


def _sample(frame: int) -> int:
    return round(frame / FPS * AUDIO_RATE)


def read_frames(path: Path, start: int, stop: int) -> Iterator[Image]:
    """RGB frames start..stop-1 of a constant 25 fps file, seeking to the key frame before them."""
    with open_source(path) as container:
        for frame in _frames(container, container.streams.video[0], start):
            index = round(frame.time * FPS)
            if index >= stop:
                return
            if index >= start:
                yield Picture(frame).rgb


def read_sound(path: Path, start: int, stop: int) -> Sound | None:
    """Mono samples of frames start..stop-1 of a decoded file, silence where it has none; None without a track."""
    wanted = np.zeros(_sample(stop) - _sample(start), np.float32)
    with open_source(path) as container:
        if not container.streams.audio:
            return None
        for frame in _frames(container, container.streams.audio[0], start):
            at = round(frame.time * AUDIO_RATE) - _sample(start)
            if at >= len(wanted):
                break
            samples = frame.to_ndarray().ravel() / np.float32(32768)  # decoded files hold 16-bit PCM
            first, last = max(at, 0), min(at + len(samples), len(wanted))
            wanted[first:last] = samples[first - at : last - at] if first < last else 0
    return wanted


def _frames(container: Any, stream: Any, start: int) -> Iterator[Any]:
    """Frames of a stream from the last key frame at or before `start` (in 25 fps frames) on."""
    container.seek(max(int((start / FPS - 0.1) * av.time_base), 0))
    return iter(container.decode(stream))


def jpeg(image: Image, quality: int = 82) -> str:
    """An RGB image as a JPEG data URI."""
    encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return data_uri("image/jpeg", encoded.tobytes())


def data_uri(kind: str, content: bytes) -> str:
    """Content as a data URI."""
    return f"data:{kind};base64,{b64encode(content).decode()}"
