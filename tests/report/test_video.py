from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import av
import numpy as np
import pytest
from fabricate import FRAMES, SIZE, picture, write_media

from faceloom.report import video


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "a.mkv"
    write_media(path)
    return path


def decoded(uri: str, path: Path) -> Path:
    kind, _, content = uri.partition(",")
    assert kind == "data:video/mp4;base64"
    path.write_bytes(b64decode(content))
    return path


def test_film_is_what_browsers_play(media: Path, tmp_path: Path) -> None:
    film = video.film(video.read_frames(media, 5, 30), video.read_sound(media, 5, 30), 3)
    assert (film.width, film.height, film.seconds) == (SIZE, SIZE, 1.0)
    path = decoded(film.video, tmp_path / "film.mp4")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.format.name) == ("h264", "yuv420p")
        assert container.streams.audio[0].codec_context.name == "aac"
        assert sum(1 for _ in container.decode(stream)) == 25
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays before it is loaded


@pytest.mark.parametrize("start", [0, 1, 17, FRAMES - 1])
def test_frames_are_those_asked_for(media: Path, start: int) -> None:
    frame = next(video.read_frames(media, start, FRAMES))
    errors = [np.abs(frame.astype(int) - picture(i)).mean() for i in range(8)]
    assert int(np.argmin(errors)) == start % 8


def test_sound_is_that_of_the_frames(media: Path) -> None:
    whole, part = video.read_sound(media, 0, FRAMES), video.read_sound(media, 10, 20)
    assert whole is not None
    assert part is not None
    assert len(part) == 10 * 640
    np.testing.assert_array_equal(part, whole[10 * 640 : 20 * 640])


def test_sound_beyond_the_end_is_silence(media: Path) -> None:
    sound = video.read_sound(media, FRAMES - 1, FRAMES + 5)
    assert sound is not None
    assert len(sound) == 6 * 640
    assert not sound[640:].any()


def test_without_sound_the_film_is_silent(tmp_path: Path) -> None:
    film = video.film([picture(0), picture(1)], None, 9)
    with av.open(str(decoded(film.video, tmp_path / "film.mp4"))) as container:
        assert not container.streams.audio
