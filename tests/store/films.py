"""Small recordings with known content: frame i is one flat grey that tells i; the sound is given by the sample."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

CLOCK = 90000
STEPS = 45


def luma(i: int) -> int:
    """The grey of frame i, limited range; unique within 45 frames."""
    return 40 + 4 * (i % STEPS)


def index(gray: np.ndarray) -> int:
    """Which frame a full-range grey picture is, modulo 45; -1 for black."""
    level = float(np.median(gray)) * 219 / 255 + 16
    return -1 if level < 30 else round((level - 40) / 4)


def flat(i: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """Frame i as stacked 4:2:0 planes."""
    picture = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    picture[: size[1]] = luma(i)
    return picture


def frame(i: int, size: tuple[int, int], pixels: str) -> av.VideoFrame:
    if pixels == "yuv420p" and not (size[0] % 2 or size[1] % 2):
        return av.VideoFrame.from_ndarray(flat(i, size), format="yuv420p")
    level = round((luma(i) - 16) * 255 / 219)
    return av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), level, np.uint8), format="rgb24").reformat(
        format=pixels, dst_color_range=1
    )


def film(
    path: Path,
    times: list[float] | np.ndarray = (),
    *,
    size: tuple[int, int] = (64, 48),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    rate: int = 25,
    sound: np.ndarray | None = None,
    sound_rate: int = 16000,
    sound_start: float = 0.0,
    sound_codec: str = "pcm_s16le",
    container: str | None = None,
    options: dict[str, str] | None = None,
    lossless: bool = False,
    frames: list[av.VideoFrame] | None = None,
) -> Path:
    """Write frame i at `times[i]` seconds, and `sound` (channels, samples) in -1..1 from `sound_start` on."""
    with av.open(str(path), "w", format=container, options=options or {}) as out:
        video = audio = None
        if len(times):
            video = out.add_stream(codec, rate=rate)
            video.width, video.height, video.pix_fmt = *size, pixels
            video.codec_context.time_base = Fraction(1, CLOCK if codec.startswith("libx26") else rate)
            if codec.startswith("libx26"):
                video.options = {"preset": "ultrafast" if lossless else "medium", "crf": "10"}
        if sound is not None:
            layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(sound)]
            audio = out.add_stream(sound_codec, rate=sound_rate, layout=layout)
            audio.codec_context.format = "fltp" if sound_codec in ("aac", "libmp3lame") else "s16"
            _write_sound(out, audio, sound, sound_rate, sound_start, layout)
        for i, time in enumerate(times):
            picture = frames[i] if frames else frame(i, size, pixels)
            picture.time_base = video.codec_context.time_base
            picture.pts = round(float(time) / picture.time_base)
            out.mux(video.encode(picture))
        for stream in (video, audio):
            if stream is not None:
                out.mux(stream.encode(None))
    return path


def _write_sound(out, audio, sound, rate, start, layout):
    block = audio.codec_context.frame_size or 1024
    form = audio.codec_context.format.name
    for at in range(0, sound.shape[1], block):
        piece = sound[:, at : at + block]
        data = piece.astype(np.float32) if form == "fltp" else np.rint(piece * 32767).astype(np.int16).T.reshape(1, -1)
        packed = av.AudioFrame.from_ndarray(np.ascontiguousarray(data), format=form, layout=layout)
        packed.sample_rate, packed.time_base = rate, Fraction(1, rate)
        packed.pts = round(start * rate) + at
        out.mux(audio.encode(packed))


def steady(n: int, fps: float = 25.0, start: float = 0.0) -> np.ndarray:
    """n times at a constant rate."""
    return start + np.arange(n) / fps


def click(seconds: float, at: float, rate: int = 16000, channels: int = 1) -> np.ndarray:
    """Silence with one 5 ms burst at `at` seconds, on every channel."""
    sound = np.zeros((channels, round(seconds * rate)))
    begin = round(at * rate)
    sound[:, begin : begin + rate // 200] = 0.5
    return sound


def heard(samples: np.ndarray) -> float:
    """When the burst begins, in seconds of 16 kHz sound."""
    return int(np.argmax(np.abs(samples) > 0.15)) / 16000
