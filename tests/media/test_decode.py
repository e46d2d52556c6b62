"""Time: every test reads which source frame a decoded picture is, and when a click is heard."""

import struct

import av
import numpy as np
import pytest
from films import click, film, flat, heard, index, steady

from faceloom.media.decode import Decode
from faceloom.media.orientation import Orientation


def seen(result):
    return [index(picture.gray) for picture in result.pictures]


def expected(result):
    return [
        -1 if gap else source % 45
        for source, gap in zip(result.table["source_frame"], result.table["gap"], strict=True)
    ]


def agrees(result, n):
    """The pictures are those that the table names, and there are as many of everything as the catalog says."""
    assert result.probe.n_frames == n
    assert result.table["frame"] == list(range(n))
    assert len(result.pictures) == n
    if result.probe.has_audio:
        assert len(result.sound) == 640 * n
    assert seen(result) == expected(result)


def test_25_fps_comes_out_frame_by_frame(tmp_path, decoded):
    result = decoded(film(tmp_path / "a.mp4", steady(90), sound=click(3.6, 1.0), sound_codec="aac", sound_rate=16000))
    agrees(result, 90)
    assert result.table["source_frame"] == list(range(90))
    assert result.summary["dropped"] == result.summary["gaps"] == result.summary["duplicated"] == 0
    assert heard(result.sound) == pytest.approx(1.0, abs=0.003)


@pytest.mark.parametrize(("fps", "dropped", "duplicated"), [(30, 10, 0), (50, 50, 0), (12.5, 0, 25), (24, 0, 2)])
def test_other_rates_by_time(tmp_path, decoded, fps, dropped, duplicated):
    result = decoded(film(tmp_path / "a.mkv", steady(round(2 * fps), fps)))
    agrees(result, 50)
    assert result.summary["source_frames"] == round(2 * fps)
    assert result.summary["dropped"] == dropped
    assert result.summary["duplicated"] == duplicated
    times = np.array(result.table["source_time"])
    assert np.abs(times - np.arange(50) / 25).max() <= 0.5 / min(fps, 25) + 0.001


def test_variable_rate_and_a_wrong_header(tmp_path, decoded):
    times = np.cumsum([0.0, *([0.02, 0.05, 0.07, 0.031] * 9)])
    result = decoded(film(tmp_path / "a.mkv", times, rate=60))
    agrees(result, result.probe.n_frames)
    nearest = [int(np.abs(times - k / 25).argmin()) for k in range(result.probe.n_frames)]
    wrong = sum(a != b for a, b in zip(result.table["source_frame"], nearest, strict=True))
    assert wrong <= 1  # the container's 1 ms may turn a tie


def test_pictures_that_start_late_are_a_gap_and_the_sound_keeps_its_time(tmp_path, decoded):
    path = film(tmp_path / "a.mkv", steady(25, start=1.0), sound=click(1.6, 0.5), sound_start=0.4)
    result = decoded(path, gap=0.1)
    agrees(result, 40)
    gaps = [k for k, gap in enumerate(result.table["gap"]) if gap]
    assert gaps == list(range(13))  # the first picture is at 0.6 s of the clip's time, 0.1 s before that is near enough
    assert result.table["source_frame"][15:] == list(range(25))
    assert heard(result.sound) == pytest.approx(0.5, abs=0.002)
    assert "13 of 40 frames" in result.summary["note"]


def test_sound_that_starts_late_or_ends_early_is_silence(tmp_path, decoded):
    path = film(tmp_path / "a.mkv", steady(50, start=0.2), sound=click(1.0, 0.25), sound_start=0.7)
    result = decoded(path)
    agrees(result, 50)
    assert heard(result.sound) == pytest.approx(0.75, abs=0.002)
    assert not result.sound[: 16000 // 2 - 50].any()
    assert result.summary["silence"] == pytest.approx(1.0, abs=0.01)


def test_sound_is_written_by_the_second_to_its_end(tmp_path, decoded):
    result = decoded(film(tmp_path / "a.mkv", steady(60), sound=click(2.3, 2.4)))
    with av.open(str(result.media)) as media:
        sizes = [packet.size // 2 for packet in media.demux(audio=0) if packet.size]
    assert sizes == [16000, 16000, 6400]


def test_sound_with_a_hole_goes_on_in_time(tmp_path, decoded):
    path = tmp_path / "a.mkv"
    film(tmp_path / "whole.mkv", steady(75), sound=click(3, 2.5))
    with av.open(str(tmp_path / "whole.mkv")) as source, av.open(str(path), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.size and not (packet.stream.type == "audio" and 1.0 < packet.pts * packet.time_base < 1.8):
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    result = decoded(path)
    agrees(result, 75)
    assert heard(result.sound) == pytest.approx(2.5, abs=0.003)
    assert result.summary["silence"] == pytest.approx(0.8, abs=0.15)


@pytest.mark.parametrize(("rate", "channels", "codec", "suffix"), [
    (8000, 1, "pcm_s16le", ".mkv"),
    (48000, 6, "aac", ".mp4"),
    (44100, 2, "aac", ".mov"),
    (22050, 2, "libmp3lame", ".mp4"),
    (48000, 1, "libopus", ".mkv"),
])  # fmt: skip
def test_any_sound_becomes_16_khz_mono_at_its_time(tmp_path, decoded, rate, channels, codec, suffix):
    sound = click(2, 1.2, rate, channels)
    result = decoded(film(tmp_path / f"a{suffix}", steady(50), sound=sound, sound_rate=rate, sound_codec=codec))
    agrees(result, 50)
    assert result.probe.channels == channels
    assert heard(result.sound) == pytest.approx(1.2, abs=0.005)
    assert 0.2 < np.abs(result.sound).max() <= 1  # a downmix neither clips nor vanishes


def test_a_downmix_of_equal_channels_keeps_their_level(tmp_path, decoded):
    tone = 0.9 * np.sin(2 * np.pi * 440 * np.arange(48000) / 48000)
    result = decoded(film(tmp_path / "a.mkv", steady(25), sound=np.stack([tone, tone]), sound_rate=48000))
    assert np.abs(result.sound[2000:-2000]).max() == pytest.approx(0.9, abs=0.02)


def test_silence_is_silence(tmp_path, decoded):
    result = decoded(film(tmp_path / "a.mp4", steady(25), sound=np.zeros((1, 16000)), sound_codec="aac"))
    agrees(result, 25)
    assert not result.sound.any()


def test_no_audio(tmp_path, decoded):
    result = decoded(film(tmp_path / "a.mp4", steady(25)))
    agrees(result, 25)
    assert len(result.sound) == 0
    assert result.summary["silence"] is None


def test_no_video(tmp_path, decoded):
    result = decoded(film(tmp_path / "a.wav", sound=click(1.0, 0.5)))
    assert result.probe.n_frames == 25
    assert len(result.sound) == 16000
    assert heard(result.sound) == pytest.approx(0.5, abs=0.001)
    assert result.table["gap"] == [True] * 25
    assert result.summary["note"] is None


def test_one_frame(tmp_path, decoded):
    agrees(decoded(film(tmp_path / "a.mp4", [0.0])), 1)


def test_neither_pictures_nor_sound_is_a_table_alone(tmp_path):
    import pyarrow.parquet as pq

    from faceloom.store import Clip

    clip = Clip("a.csv", "digest", 7, tmp_path / "a.csv", {"has_video": False, "has_audio": False, "start": 0.0})
    Decode()(clip, tmp_path)
    assert not (tmp_path / "media.mkv").exists()
    assert pq.read_table(tmp_path / "table.parquet")["gap"].to_pylist() == [True] * 7


def corner(size=(96, 64)):
    """A picture that is bright in its upper left quarter alone."""
    picture = flat(0, size)
    picture[: size[1]] = 40
    picture[: size[1] // 2, : size[0] // 2] = 220
    return av.VideoFrame.from_ndarray(picture, format="yuv420p")


def turn(path, matrix):
    """Write a display matrix into the track header (ISO/IEC 14496-12, 8.3.2), as a phone does."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(data)


ONE, W = 65536, 1 << 30


@pytest.mark.parametrize(("matrix", "bright", "degrees"), [
    ((0, ONE, 0, -ONE, 0, 0, 0, 0, W), "upper right", 270),  # phone held upright: shown turned clockwise
    ((0, -ONE, 0, ONE, 0, 0, 0, 0, W), "lower left", 90),
    ((-ONE, 0, 0, 0, -ONE, 0, 0, 0, W), "lower right", 180),
    ((-ONE, 0, 0, 0, ONE, 0, 0, 0, W), "upper right", 0),  # mirrored
    ((ONE, 0, 0, 0, -ONE, 0, 0, 0, W), "lower left", 180),  # upside down mirrored
])  # fmt: skip
def test_a_rotated_phone_video_comes_out_upright(tmp_path, decoded, matrix, bright, degrees):
    path = film(tmp_path / "a.mp4", steady(5), size=(96, 64), frames=[corner() for _ in range(5)])
    turn(path, matrix)
    result = decoded(path)
    assert result.probe.rotation == degrees
    assert (result.probe.width, result.probe.height) == (96, 64)
    picture = result.pictures[2]
    assert picture.size == ((64, 96) if degrees in (90, 270) else (96, 64))
    half = [len(side) // 2 for side in (picture.gray, picture.gray[0])]
    rows, columns = picture.gray[: half[0]], picture.gray[:, : half[1]]
    place = f"{'upper' if rows.mean() > 60 else 'lower'} {'left' if columns.mean() > 60 else 'right'}"
    assert place == bright


def test_odd_sizes_lose_a_line_and_large_ones_are_made_smaller(tmp_path, decoded):
    odd = decoded(film(tmp_path / "a.mkv", steady(5), size=(101, 77), codec="ffv1", pixels="yuv444p"))
    agrees(odd, 5)
    assert odd.pictures[0].size == (100, 76)
    large = decoded(film(tmp_path / "b.mp4", steady(5), size=(400, 230)), long_side=200)
    agrees(large, 5)
    assert large.pictures[0].size == (200, 114)
    assert decoded(film(tmp_path / "c.mp4", steady(5)), long_side=200).pictures[0].size == (64, 48)


def test_pixels_that_are_not_square_are_made_square(tmp_path, decoded):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 80, 80, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        for i in range(3):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(flat(i, (80, 80)), format="yuv420p")))
        out.mux(stream.encode(None))
    assert decoded(path).pictures[0].size == (80, 40)


@pytest.mark.parametrize(("codec", "pixels", "suffix"), [
    ("mjpeg", "yuvj420p", ".avi"),
    ("ffv1", "bgr0", ".mkv"),
    ("ffv1", "yuv420p10le", ".mkv"),
    ("ffv1", "gray", ".mkv"),
    ("mpeg4", "yuv420p", ".avi"),
    ("mpeg1video", "yuv420p", ".mpg"),
    ("wmv2", "yuv420p", ".wmv"),
    ("libvpx-vp9", "yuv420p", ".webm"),
])  # fmt: skip
def test_pixel_formats_and_containers_keep_the_grey_levels(tmp_path, decoded, codec, pixels, suffix):
    result = decoded(film(tmp_path / f"a{suffix}", steady(25), codec=codec, pixels=pixels))
    assert result.table["source_frame"] == list(range(25))
    assert seen(result) == list(range(25))


def test_full_range_is_brought_to_limited(tmp_path, decoded):
    frames = [av.VideoFrame.from_ndarray(np.full((72, 64), 255, np.uint8), format="yuvj420p") for _ in range(3)]
    for picture in frames:
        for plane in picture.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
    result = decoded(film(tmp_path / "a.avi", steady(3), codec="mjpeg", pixels="yuvj420p", frames=frames))
    assert np.median(result.pictures[1].planes[0]) == pytest.approx(235, abs=1)
    assert np.median(result.pictures[1].gray) >= 254


def broken(path, low, high):
    """Overwrite part of a file's pictures."""
    data = bytearray(path.read_bytes())
    begin, end = (int(len(data) * part) for part in (low, high))
    data[begin:end] = np.random.default_rng(7).bytes(end - begin)
    path.write_bytes(data)


def test_a_file_that_breaks_off_keeps_what_came_before(tmp_path, decoded):
    noise = np.random.default_rng(7).normal(0, 0.1, (1, 64000))
    path = film(tmp_path / "a.mp4", steady(100), sound=noise, sound_codec="aac", options={"movflags": "faststart"})
    n = decoded(path).probe.n_frames
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    result = decoded(path)
    assert 0 < result.probe.n_frames < n
    assert len(result.pictures) == result.probe.n_frames
    assert seen(result) == [round(time * 25) % 45 for time in result.table["source_time"]]


def test_a_decode_error_in_the_middle_leaves_a_gap_with_a_note(tmp_path, decoded):
    rng = np.random.default_rng(7)
    frames = [
        av.VideoFrame.from_ndarray(rng.integers(0, 255, (72, 64), np.uint8), format="yuv420p") for _ in range(100)
    ]
    path = film(tmp_path / "a.mkv", steady(100), codec="mjpeg", pixels="yuvj420p", frames=[
        f.reformat(format="yuvj420p") for f in frames
    ])  # fmt: skip
    broken(path, 0.4, 0.7)
    result = decoded(path)
    assert result.table["frame"] == list(range(result.probe.n_frames))
    assert len(result.pictures) == result.probe.n_frames
    assert result.summary["gaps"] > 0
    assert result.table["source_frame"][:30] == list(range(30))
    assert "frames" in result.summary["note"]


def test_twice_the_same_bytes(tmp_path, decoded):
    path = film(tmp_path / "a.mp4", steady(40, 30), sound=click(1.3, 0.5, 44100), sound_rate=44100, sound_codec="aac")
    first, second = decoded(path), decoded(path)
    assert first.media.read_bytes() == second.media.read_bytes()
    assert (first.media.parent / "table.parquet").read_bytes() == (second.media.parent / "table.parquet").read_bytes()


def test_orientation_turns_then_mirrors():
    plane = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert Orientation(90).apply(plane).tolist() == np.rot90(plane).tolist()
    assert Orientation(0, mirrored=True).apply(plane).tolist() == plane[:, ::-1].tolist()
    assert Orientation(270, mirrored=True).apply(plane).tolist() == np.rot90(plane[:, ::-1], 3).tolist()
