import numpy as np
import pytest
from fabricate import picture, write_media

from faceloom.facs import AUS, REACT_AUS
from faceloom.report import panels


def attributes(frames, **present):
    """(T, 25), all at rest but the action units that are named."""
    values = np.zeros((frames, 25))
    for au, shown in present.items():
        values[:, REACT_AUS.index(au)] = shown
    return values


def flat(colour, frames):
    return iter(np.full((frames, panels.SIZE, panels.SIZE, 3), colour, np.uint8))


def test_presence_becomes_an_eased_intensity():
    switched = np.arange(50) >= 25
    found = panels.intensities(attributes(50, AU12=switched, AU24=switched))
    assert found.shape == (50, len(AUS))
    smile = found[:, AUS.index("AU12")]
    assert smile[0] == pytest.approx(0, abs=1e-6)
    assert smile[-1] == pytest.approx(panels.PRESENT)
    assert (np.diff(smile) >= 0).all()
    assert 0.2 < smile[24] < smile[25] < panels.PRESENT - 0.2  # half way where it switches: a muscle takes its time
    assert not np.delete(found, AUS.index("AU12"), axis=1).any()  # AU24 is no unit of OpenFace's


def test_what_is_beyond_presence_counts_as_presence():
    assert panels.intensities(attributes(9, AU04=3.0)).max() == pytest.approx(panels.PRESENT)
    assert not panels.intensities(attributes(9, AU04=-1.0)).any()


def test_panels_stand_in_rows_of_three_under_their_names():
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]
    frames = list(panels.mosaic([(f"panel {k}", flat(colour, 3 + k)) for k, colour in enumerate(colours)]))
    assert len(frames) == 3  # as long as the shortest
    cell = panels.SIZE + panels.STRIP
    assert frames[0].shape == (2 * cell, 3 * panels.SIZE, 3)
    for k, colour in enumerate(colours):
        top, left = k // 3 * cell, k % 3 * panels.SIZE
        square = frames[0][top + panels.STRIP : top + cell, left : left + panels.SIZE]
        assert (square == colour).all()
        name = frames[0][top : top + panels.STRIP, left : left + panels.SIZE]
        assert (name == panels.caption(f"panel {k}")).all()
    assert (frames[0][cell:, panels.SIZE :] == panels.PAPER).all()  # the rest of the last row is empty


def test_two_panels_make_one_row():
    (frame,) = panels.mosaic([("a", flat(1, 1)), ("b", flat(2, 1))])
    assert frame.shape == (panels.SIZE + panels.STRIP, 2 * panels.SIZE, 3)


def test_a_caption_is_its_text():
    one, other = panels.caption("speaker"), panels.caption("listener")
    assert one.shape == other.shape == (panels.STRIP, panels.SIZE, 3)
    assert (one != other).any()
    inked = np.argwhere((one != panels.PAPER).any(axis=2))
    assert abs(inked[:, 1].mean() - panels.SIZE / 2) < 5  # in the middle


def test_a_recording_is_its_middle_square(tmp_path):
    write_media(tmp_path / "film.mkv", frames=8)
    frames = list(panels.recorded(tmp_path / "film.mkv", 2, 5))
    assert [frame.shape for frame in frames] == [(panels.SIZE, panels.SIZE, 3)] * 3
    middle = panels.SIZE // 2
    assert np.abs(frames[0][middle, middle].astype(int) - picture(2)[48, 48]).max() < 12


def test_a_head_moves_where_its_units_do():
    still, smiling = (next(panels.head(attributes(1, AU12=shown))) for shown in (0, 1))
    assert still.shape == (panels.SIZE, panels.SIZE, 3)
    moved = np.argwhere(np.abs(still.astype(int) - smiling).max(axis=2) > 20)
    assert len(moved) > 20
    assert np.median(moved[:, 0]) > panels.SIZE / 2  # below the middle: the mouth and the cheeks
