"""Opening recordings, and reading their packets whatever the container claims about them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import av.error
from av.stream import Disposition

from faceloom.errors import InputError


def open_source(path: Path) -> Any:
    """Open a recording for reading.

    Raises:
        InputError: the file cannot be read or is no recording; one sentence with the file's name.
    """
    _check_file(path)
    try:
        return av.open(str(path), metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, OSError) as error:
        if _is_cut_mp4(path):
            raise InputError(
                f"{path.name}: cut off, its index (moov) is missing or damaged; copy or export it again."
            ) from None
        what = getattr(error, "strerror", None) or type(error).__name__
        raise InputError(f"{path.name}: not a recording ({what}); replace or remove it.") from None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path.name}: a folder, not a recording; rename it or make it readable.")
    if path.is_symlink() and not path.exists():
        raise InputError(f"{path.name}: a link to a file that does not exist; restore the file or remove the link.")
    if not path.exists():
        raise InputError(f"{path.name}: no such file; restore it, or run `dvc repro catalog` to do without it.")
    if not path.is_file():  # opening a pipe would wait for ever
        raise InputError(f"{path.name}: not an ordinary file; remove it.")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror}); check its permissions.") from None
    if empty:
        raise InputError(f"{path.name}: the file is empty; record or copy it again.")


def _is_cut_mp4(path: Path) -> bool:
    """Whether the file begins as an mp4 or mov; one that opens has its index, so this one has lost it."""
    with path.open("rb") as file:
        return file.read(12)[4:8] in (b"ftyp", b"moov", b"wide")


def video_stream(container: Any) -> Any | None:
    """The largest moving picture; cover art (an attached picture) is none."""
    streams = [s for s in container.streams.video if s.codec_context and not s.disposition & Disposition.attached_pic]
    return max(streams, key=lambda s: (s.codec_context.width * s.codec_context.height, -s.index), default=None)


def audio_stream(container: Any) -> Any | None:
    """The first sound that has a decoder."""
    return next((s for s in container.streams.audio if s.codec_context), None)


def packets(container: Any, *streams: Any) -> Iterator[Any]:
    """Packets with content until the end of the file or the first place that cannot be read past."""
    demuxer = container.demux(*streams)
    while True:
        try:
            packet = next(demuxer, None)
        except (av.error.FFmpegError, OSError):
            return
        if packet is None:
            return
        if packet.size:
            yield packet


def decode(packet: Any | None, stream: Any) -> tuple[list[Any], int]:
    """Frames of one packet (None: those still inside the decoder), and 1 where the decoder refused it, else 0.

    Frames that the decoder itself marks as broken count as refused.
    """
    try:
        frames = stream.decode(packet)
    except (av.error.FFmpegError, ValueError):
        return [], 1
    for frame in frames:
        if frame.time_base is None:  # PyAV forgets it on those that were still inside
            frame.time_base = stream.time_base
    whole = [frame for frame in frames if not getattr(frame, "is_corrupt", False)]
    return whole, int(len(whole) < len(frames))


def frame_time(frame: Any) -> float | None:
    """Presentation time in seconds of the container's clock; AVI files often give only the decoding time."""
    stamp = frame.pts if frame.pts is not None else frame.dts
    return None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)
