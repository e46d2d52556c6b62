import json
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest

from faceloom.facs import AU_COLUMNS, UPPER_FACE_AUS
from faceloom.params import Studio
from faceloom.runtime import Runtime
from faceloom.studio.dyads import ROLES, direct
from faceloom.studio.listener import LATENCY, STYLES
from faceloom.studio.motion import blinks, bump, nod, wander
from faceloom.studio.produce import produce
from faceloom.studio.talk import RATE
from faceloom.studio.units import labels_from_units

TINY = Studio(dyads=1, seconds=3.0, size=128, identities=26, stills_per_identity=1, posed_identities=2)
TIMES = (np.arange(250) / 25).astype(np.float32)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("serial")
    produce(TINY, out / "recordings", out / "stills", out / "posed", Runtime("serial", 1, "cpu", 1, out / "cache"))
    return out


def test_two_workers_and_a_second_run_give_equal_bytes(made: Path, tmp_path: Path) -> None:
    produce(
        TINY,
        tmp_path / "recordings",
        tmp_path / "stills",
        tmp_path / "posed",
        Runtime("process", 2, "cpu", 1, tmp_path / "cache"),
    )
    for folder in ("recordings", "stills", "posed"):
        assert files(made / folder) == files(tmp_path / folder)
    assert pq.read_table(made / "stills" / "index.parquet")["rows"].to_pylist() == [25, 1]


def test_studio_json_says_who_is_who_and_that_nobody_is_real(made: Path) -> None:
    told = json.loads((made / "recordings" / "studio.json").read_text())
    assert told["synthetic"] is True
    speaker = told["clips"]["dyad-000/speaker.mp4"]
    assert speaker["partner"] == "dyad-000/listener.mp4"
    assert speaker["subject"] != told["clips"][speaker["partner"]]["subject"]
    assert set(speaker["ceiling"]) == set(UPPER_FACE_AUS)


@pytest.mark.parametrize("role", ROLES)
def test_a_recording_has_25_frames_a_second_sound_and_a_row_of_truth_each(made: Path, role: str) -> None:
    with av.open(str(made / "recordings" / "dyad-000" / f"{role}.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert video.average_rate == 25
        frames = sum(1 for _ in container.decode(video))
    truth = pq.read_table(made / "recordings" / "dyad-000" / f"{role}.truth.parquet")
    assert frames == truth.num_rows == 75
    assert truth["frame"].to_pylist() == list(range(75))


def test_truth_is_what_was_drawn(made: Path) -> None:
    truth = pq.read_table(made / "recordings" / "dyad-000" / "speaker.truth.parquet")
    dyad = direct(TINY.seed, 0, TINY.seconds, TINY.size)
    motion = dyad.takes["speaker"].motion
    aus = np.stack([truth[name].to_numpy() for name in AU_COLUMNS], 1)
    np.testing.assert_allclose(aus, labels_from_units(motion.units), atol=1e-6)
    units = np.array(truth["units"].to_pylist())
    np.testing.assert_allclose(units, motion.units, atol=1e-6)
    np.testing.assert_allclose(truth["yaw"].to_numpy(), motion.angles[:, 0], atol=1e-5)
    speaking = np.array(truth["speaking"].to_pylist())
    assert speaking.any()
    assert [bool(name) for name in truth["phoneme"].to_pylist()] == speaking.tolist()
    landmarks = np.array(truth["landmarks68"].to_pylist()).reshape(-1, 68, 2)
    assert ((landmarks[:, 27:] > 0) & (landmarks[:, 27:] < 128)).all()


def test_speech_predicts_the_upper_face_in_part() -> None:
    ceilings = np.array([list(direct(7, k, 10.0, 32).ceiling.values()) for k in range(4)])
    assert 0.3 < ceilings[:, :2].mean() < 0.95


def test_films_begin_and_end_amid_a_talk() -> None:
    talks = [direct(7, k, 4.0, 32).takes["speaker"].talk for k in range(8)]
    assert all(len(talk.samples) == 4 * RATE for talk in talks)
    begun = [bool(talk.turns) and talk.turns[0][0] == 0 for talk in talks]
    assert any(begun)
    assert not all(begun)
    assert any(talk.turns[-1][1] == 4 for talk in talks)


def test_the_mouth_opens_with_the_voice() -> None:
    dyad = direct(7, 1, 8.0, 32)
    take = dyad.takes["speaker"]
    jaw = labels_from_units(take.motion.units)[:, 15]
    talking = np.zeros(len(jaw), bool)
    for sound in take.talk.phonemes:
        talking[round(sound.start * 25) : round(sound.end * 25)] = True
    assert jaw[talking].mean() > 3 * jaw[~talking].mean()
    quiet = dyad.takes["listener"].motion
    assert labels_from_units(quiet.units)[:, 15].mean() < 0.5 * jaw.mean()


def test_reactions_come_within_human_latencies() -> None:
    assert LATENCY == (0.2, 0.8)
    for style in STYLES.values():
        assert LATENCY[0] <= style.latency <= LATENCY[1]


def test_pieces_of_motion_have_their_size_and_place() -> None:
    rng = np.random.default_rng(0)
    assert abs(np.std([wander(rng, 250, 2.0, 0.3) for _ in range(40)]) - 2.0) < 0.2
    shape = bump(TIMES, 1.0, 0.2, 0.4, 0.4)
    assert shape[:25].max() == 0
    assert shape[round(1.3 * 25)] > 0.99
    assert shape[51:].max() < 1e-6
    assert nod(TIMES, 2.0, 2, 2.0, 6.0).min() == pytest.approx(-6, abs=1.5)
    lids = blinks(rng, TIMES, 20)
    starts = ((lids[1:] > 0.3) & (lids[:-1] <= 0.3)).sum()
    assert 1 <= starts <= 8
