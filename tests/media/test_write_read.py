import errno
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from faceloom.media.picture import BT601, BT709, Geometry, black, geometry, planes
from faceloom.media.probe import probe
from faceloom.media.read import audio_blocks, pictures, read_audio
from faceloom.media.write import MediaWriter

COLOURS = ((200, 30, 40), (20, 180, 60), (30, 50, 220), (128, 128, 128))


def patches():
    picture = np.zeros((64, 64, 3), np.uint8)
    for k, colour in enumerate(COLOURS):
        picture[32 * (k // 2) :, 32 * (k % 2) :] = colour
    return picture


@pytest.mark.parametrize("matrix", [BT601, BT709])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_colours_survive_by_the_matrix_that_the_file_names(tmp_path, matrix, suffix):
    path = tmp_path / f"a{suffix}"
    with MediaWriter(path, (64, 64), matrix=matrix, crf=4) as writer:
        for _ in range(4):
            writer.write_rgb(patches())
    seen = list(pictures(path))
    assert len(seen) == 4
    for k, colour in enumerate(COLOURS):
        found = seen[2].rgb[16 + 32 * (k // 2), 16 + 32 * (k % 2)].astype(int)
        assert np.abs(found - colour).max() <= 4
    assert abs(int(seen[2].gray[48, 48]) - 128) <= 1


def test_grey_is_stretched_to_the_full_range(tmp_path):
    path = tmp_path / "a.mkv"
    with MediaWriter(path, (32, 32), crf=4) as writer:
        for level in (0, 255):
            writer.write_rgb(np.full((32, 32, 3), level, np.uint8))
    dark, bright = (picture.gray for picture in pictures(path))
    assert dark.max() <= 1
    assert bright.min() >= 254


def test_pcm_in_matroska_is_exact_to_16_bits_and_clips(tmp_path):
    sound = np.random.default_rng(7).uniform(-1.2, 1.2, 4001).astype(np.float32)
    path = tmp_path / "a.mkv"
    with MediaWriter(path, None, 16000, audio_codec="pcm_s16le") as writer:
        for piece in np.array_split(sound, 7):
            writer.write_audio(piece)
    assert np.abs(read_audio(path) - np.clip(sound, -1, 1)).max() <= 1 / 32767
    assert sum(len(block) for block in audio_blocks(path)) == 4001
    assert list(pictures(path)) == []


def test_a_film_for_browsers_has_its_index_in_front_and_both_streams(tmp_path):
    path = tmp_path / "a.mp4"
    with MediaWriter(path, (64, 64), 16000) as writer:
        for _ in range(25):
            writer.write_rgb(patches())
            writer.write_audio(np.zeros(640, np.float32))
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    found = probe(path)
    assert (found.n_frames, found.start, found.video_codec, found.audio_codec) == (25, 0.0, "h264", "aac")


def test_equal_input_gives_equal_bytes(tmp_path):
    for name in ("a.mkv", "b.mkv", "a.mp4", "b.mp4"):
        with MediaWriter(tmp_path / name, (64, 64), 16000) as writer:
            for k in range(10):
                writer.write_rgb(np.roll(patches(), k, 0))
                writer.write_audio(np.full(640, k / 20, np.float32))
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_if_the_block_raises_no_file_stays(tmp_path):
    path = tmp_path / "a.mp4"

    def work():
        with MediaWriter(path, (64, 64)) as writer:
            writer.write_rgb(patches())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert not path.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_on_a_full_disk_it_raises_and_no_file_stays(tmp_path):
    path = tmp_path / "a.mkv"
    path.symlink_to("/dev/full")

    def work():
        with MediaWriter(path, (64, 64)) as writer:
            writer.write_rgb(patches())

    with pytest.raises(OSError) as caught:
        work()
    assert caught.value.errno == errno.ENOSPC
    assert not path.is_symlink()


class Frame:
    def __init__(self, width, height):
        self.width, self.height, self.side_data = width, height, {}


@pytest.mark.parametrize(("size", "aspect", "shown"), [
    ((360, 288), 1.0, (360, 288)),
    ((1920, 1080), 1.0, (640, 360)),
    ((1080, 1920), 1.0, (360, 640)),
    ((101, 77), 1.0, (100, 76)),
    ((720, 576), 16 / 15, (640, 480)),
    ((720, 576), 0.5, (360, 576)),
    ((1, 1), 1.0, (2, 2)),
    ((3000, 3), 1.0, (640, 2)),
])  # fmt: skip
def test_analysis_size(size, aspect, shown):
    assert geometry(Frame(*size), 640, aspect).shown == shown


def test_a_turned_picture_has_its_sides_swapped():
    from faceloom.media.orientation import Orientation

    assert Geometry(100, 51, Orientation(90)).shown == (50, 100)
    assert [plane.shape for plane in black(50, 100)] == [(100, 50), (50, 25), (50, 25)]


def test_a_picture_that_changes_its_size_is_fitted_to_the_first():
    first, later = (av.VideoFrame.from_ndarray(np.full((h * 3 // 2, w), 90, np.uint8), format="yuv420p")
                    for w, h in ((96, 64), (320, 240)))  # fmt: skip
    target = geometry(first, 640)
    shapes = [[plane.shape for plane in planes(frame, target, BT601)] for frame in (first, later)]
    assert shapes[0] == shapes[1] == [(64, 96), (32, 48), (32, 48)]
    assert int(planes(later, target, BT601)[0][30, 40]) == 90


@pytest.mark.parametrize("preset", ["medium", "veryfast"])
def test_equal_pictures_give_equal_bytes_whatever_memory_held_before(tmp_path, preset):
    rng = np.random.default_rng(0)
    base = cv2.resize(rng.integers(0, 255, (24, 36, 3), dtype=np.uint8), (576, 384), interpolation=cv2.INTER_CUBIC)
    noise = rng.integers(-6, 6, base.shape)
    frames = [np.clip(np.roll(base, 3 * index, 1) + noise, 0, 255).astype(np.uint8) for index in range(25)]
    written = set()
    for _ in range(6):
        dirty = [np.full(rng.integers(1_000, 3_000_000), rng.integers(255), np.uint8) for _ in range(20)]
        del dirty  # what the encoder allocates next holds its values
        with MediaWriter(tmp_path / "film.mp4", (576, 384), preset=preset, crf=27) as writer:
            for picture in frames:
                writer.write_rgb(picture)
        written.add((tmp_path / "film.mp4").read_bytes())
    assert len(written) == 1
