"""Short mp4 films for the page: pictures and sound of a stretch of a clip in, one file's bytes out."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av
import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]

FPS: Final = 25
SAMPLE_RATE: Final = 16_000
QUALITY: Final = {"crf": "27", "preset": "slow", "threads": "1"}  # one thread: equal bytes on every machine


@dataclass(frozen=True)
class Film:
    """An encoded film with its poster, as data URIs."""

    video: str
    poster: str
    width: int
    height: int
    seconds: float


def film(frames: Iterable[Image], sound: npt.NDArray[np.float32] | None, poster_at: float = 0.4) -> Film:
    """Encode 25 fps RGB frames (equal even sizes, uint8) and 16 kHz mono sound (-1..1); at least one frame.

    The poster is the frame at that share of the film, for its first frame is rarely its best.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        count = encode(path, frames, sound)
        poster = next(read_frames(path, int(poster_at * (count - 1)), count))
        video = path.read_bytes()
    height, width = poster.shape[:2]
    return Film(data_uri("video/mp4", video), jpeg(poster), width, height, count / FPS)


def encode(path: Path, frames: Iterable[Image], sound: npt.NDArray[np.float32] | None) -> int:
    """Write H.264 (yuv420p) and AAC with the index in front; returns the number of frames."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    count = 0
    with av.open(str(path), "w", options=options) as container:
        stream: Any = container.add_stream("libx264", rate=FPS, options=QUALITY)
        stream.pix_fmt = "yuv420p"
        audio: Any = None if sound is None else container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for image in frames:
            if count == 0:
                stream.height, stream.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            frame.pts, frame.time_base = count, Fraction(1, FPS)
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode())
        if audio is not None and sound is not None:
            _mux_sound(container, audio, sound[: round(count / FPS * SAMPLE_RATE)])
    return count


def _mux_sound(container: Any, stream: Any, sound: npt.NDArray[np.float32]) -> None:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None], np.float32), format="fltp", layout="mono")
    frame.sample_rate, frame.pts = SAMPLE_RATE, 0
    for packet in (*stream.encode(frame), *stream.encode()):
        container.mux(packet)


def read_frames(path: Path, start: int, stop: int) -> Iterator[Image]:
    """RGB frames start..stop-1 of a constant 25 fps file, seeking to the key frame before them."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        container.seek(int(start / FPS * av.time_base))
        for frame in container.decode(stream):
            index = round(float(frame.time or 0.0) * FPS)
            if index >= stop:
                return
            if index >= start:
                yield frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def read_sound(path: Path, start: int, stop: int) -> npt.NDArray[np.float32] | None:
    """Mono samples at 16 kHz of frames start..stop-1, silence where the track has none; None without a track."""
    wanted = np.zeros(round((stop - start) / FPS * SAMPLE_RATE), np.float32)
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        container.seek(int(start / FPS * av.time_base))
        for frame in container.decode(audio=0):
            at = round((float(frame.time or 0.0) - start / FPS) * SAMPLE_RATE)
            if at >= len(wanted):
                break
            for part in resampler.resample(frame):
                samples = part.to_ndarray().ravel().astype(np.float32, copy=False)
                _place(wanted, samples, at)
                at += len(samples)
    return wanted


def _place(target: npt.NDArray[np.float32], samples: npt.NDArray[np.float32], at: int) -> None:
    first, last = max(at, 0), min(at + len(samples), len(target))
    if first < last:
        target[first:last] = samples[first - at : last - at]


def jpeg(image: Image, quality: int = 82) -> str:
    """An RGB image as a JPEG data URI."""
    encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return data_uri("image/jpeg", encoded.tobytes())


def data_uri(kind: str, content: bytes) -> str:
    """Content as a data URI."""
    return f"data:{kind};base64,{b64encode(content).decode()}"
