import os

import av
import numpy as np
import pytest
from films import click, film, steady

from faceloom.errors import InputError
from faceloom.media.probe import last_length, n_frames, probe


def reason(path):
    with pytest.raises(InputError) as caught:
        probe(path)
    text = str(caught.value)
    assert text.startswith(f"{path.name}: ")
    assert text.endswith(".")
    assert "\n" not in text
    return text


def test_an_ordinary_clip(tmp_path):
    found = probe(film(tmp_path / "a.mp4", steady(50), sound=click(2, 0.5), sound_codec="aac"))
    assert (found.has_video, found.has_audio, found.n_frames) == (True, True, 50)
    assert (found.width, found.height, found.rotation) == (64, 48, 0)
    assert (found.video_codec, found.audio_codec, found.sample_rate, found.channels) == ("h264", "aac", 16000, 1)
    assert found.source_fps == 25
    assert found.source_frames == 50
    assert found.note is None


def test_an_empty_file(tmp_path):
    (tmp_path / "a.mp4").touch()
    assert "the file is empty" in reason(tmp_path / "a.mp4")


def test_text_with_the_name_of_a_recording(tmp_path):
    (tmp_path / "a.mp4").write_text("These are my notes about the recording.\n" * 50)
    assert "not a recording" in reason(tmp_path / "a.mp4")


def test_random_bytes_are_no_recording(tmp_path):
    (tmp_path / "a.avi").write_bytes(np.random.default_rng(7).bytes(20000))
    assert reason(tmp_path / "a.avi")


def test_an_mp4_that_lost_its_end_lost_its_index(tmp_path):
    path = film(tmp_path / "a.mp4", steady(50))
    path.write_bytes(path.read_bytes()[:-1500])
    assert "index (moov) is missing" in reason(path)


@pytest.mark.parametrize("flags", ["faststart", "frag_keyframe+empty_moov"])
def test_an_mp4_with_its_index_in_front_keeps_what_was_copied(tmp_path, flags):
    options = {"movflags": flags}
    rng = np.random.default_rng(7)
    path = film(
        tmp_path / "a.mp4", steady(100), sound=rng.normal(0, 0.1, (1, 64000)), sound_codec="aac", options=options
    )
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    found = probe(path)
    assert found.has_video
    assert 1 <= found.source_frames < 100
    assert found.n_frames <= 100


def test_a_folder_a_dangling_link_and_a_forbidden_file(tmp_path, monkeypatch):
    (tmp_path / "a.mp4").mkdir()
    (tmp_path / "b.mp4").symlink_to(tmp_path / "nowhere.mp4")
    (tmp_path / "c.mp4").write_bytes(b"x")
    os.mkfifo(tmp_path / "d.mp4")
    assert "not an ordinary file" in reason(tmp_path / "d.mp4")
    assert "a folder" in reason(tmp_path / "a.mp4")
    assert "no such file" in reason(tmp_path / "none.mp4")
    assert "a link to a file that does not exist" in reason(tmp_path / "b.mp4")

    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", forbidden)  # as root every file can be read
    assert "Permission denied" in reason(tmp_path / "c.mp4")


def test_one_frame(tmp_path):
    found = probe(film(tmp_path / "a.mp4", [0.0]))
    assert (found.n_frames, found.source_frames, found.source_fps) == (1, 1, None)


def test_sound_alone_sets_the_length(tmp_path):
    found = probe(film(tmp_path / "a.wav", sound=click(1.5, 0.5)))
    assert (found.has_video, found.has_audio, found.n_frames) == (False, True, 38)
    assert found.width is None
    assert found.source_fps is None


def test_cover_art_is_no_video(tmp_path):
    path = film(tmp_path / "a.m4a", steady(1), codec="mjpeg", pixels="yuvj420p", sound=click(1, 0.5), sound_codec="aac",
                container="mp4")  # fmt: skip
    assert probe(path).has_video
    with av.open(str(path)) as source, av.open(str(tmp_path / "b.m4a"), "w", format="mp4") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in source.streams}
        next(s for s in streams.values() if s.type == "video").disposition = av.stream.Disposition.attached_pic
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream_index]
                out.mux(packet)
    found = probe(tmp_path / "b.m4a")
    assert (found.has_video, found.has_audio) == (False, True)
    assert found.n_frames == 25


def test_the_header_rate_is_not_believed(tmp_path):
    found = probe(film(tmp_path / "a.mkv", steady(30, 12.5), rate=50))
    assert found.source_fps == pytest.approx(12.5, abs=0.01)
    assert found.n_frames == 60


def test_variable_rate_counts_time_not_frames(tmp_path):
    times = np.cumsum([0.02, 0.06, 0.03, 0.1, 0.05] * 10) - 0.02
    found = probe(film(tmp_path / "a.mkv", times))
    assert found.source_frames == 50
    assert n_frames(times[-1] + 0.02) <= found.n_frames <= n_frames(times[-1] + 0.1)


def test_zero_is_the_start_of_the_earliest_stream(tmp_path):
    late = probe(film(tmp_path / "a.mkv", steady(25, start=1.0), sound=click(2, 0.5), sound_start=0.4))
    assert late.start == pytest.approx(0.4, abs=0.002)
    assert late.n_frames == 40  # pictures from 1.0 to 2.0 s, zero at 0.4 s
    early = probe(film(tmp_path / "b.mkv", steady(25, start=0.4), sound=click(2, 0.5), sound_start=1.0))
    assert early.start == pytest.approx(0.4, abs=0.002)
    assert early.n_frames == 25


def test_frames_inside_a_duration():
    assert [n_frames(seconds) for seconds in (0.0, 0.04, 0.0405, 0.06, 3.0, 3.001, 12.0)] == [1, 1, 1, 2, 75, 75, 300]


def test_a_last_frame_lasts_no_longer_than_any_other():
    times = np.array([0.0, 0.04, 0.08])
    assert last_length(times, 0.04) == pytest.approx(0.04)
    assert last_length(times, 3.0) == pytest.approx(0.04)
    assert last_length(times, 0.0) == pytest.approx(0.04)
    assert last_length(times[:1], 0.5) == 0.5
    assert last_length(times[:1], 900.0) == 0.04
    assert last_length(times[:1], 0.0) == 0.04


def test_timestamps_that_jump_are_no_hours_of_recording(tmp_path):
    assert "its timestamps jump (3 packets over 9000 s)" in reason(film(tmp_path / "a.mkv", [0.0, 0.04, 8999.96]))
    assert probe(film(tmp_path / "b.mkv", [0.0, 5.0, 10.0])).n_frames == 375


def test_sound_that_no_decoder_understands_is_left_out_with_a_note(tmp_path):
    path = film(tmp_path / "a.mkv", steady(25), sound=click(1, 0.5), sound_codec="flac")
    data = path.read_bytes()
    with av.open(str(path)) as source:
        damaged = bytearray(data)
        for packet in source.demux(audio=0):
            if packet.size:
                at = data.index(bytes(packet))
                damaged[at : at + packet.size] = bytes(packet.size)
    path.write_bytes(damaged)
    found = probe(path)
    assert (found.has_video, found.has_audio, found.n_frames) == (True, False, 25)
    assert found.note == "a.mkv: no decoder can read its sound, the rest is used."


@pytest.mark.parametrize(("suffix", "codec"), [
    (".wav", "pcm_s16le"), (".mp3", "libmp3lame"), (".m4a", "aac"), (".flac", "flac"), (".ogg", "libopus"),
    (".opus", "libopus"),
])  # fmt: skip
def test_every_kind_of_sound_file(tmp_path, suffix, codec):
    container = "mp4" if suffix == ".m4a" else None
    path = film(
        tmp_path / f"a{suffix}", sound=click(2, 0.5, 48000), sound_rate=48000, sound_codec=codec, container=container
    )
    found = probe(path)
    assert (found.has_video, found.has_audio) == (False, True)
    assert 50 <= found.n_frames <= 51


@pytest.mark.parametrize(("suffix", "codec"), [
    (".mp4", "libx264"), (".mov", "libx264"), (".m4v", "libx264"), (".avi", "mpeg4"), (".mkv", "libx265"),
    (".webm", "libvpx"), (".mpg", "mpeg2video"), (".mpeg", "mpeg1video"), (".wmv", "wmv2"), (".3gp", "libx264"),
])  # fmt: skip
def test_every_kind_of_video_file(tmp_path, suffix, codec):
    container = "mp4" if suffix == ".m4v" else None
    found = probe(film(tmp_path / f"a{suffix}", steady(30), codec=codec, container=container))
    assert found.n_frames == 30
    assert found.source_frames == 30
    assert found.source_fps == pytest.approx(25, abs=0.01)
