"""What a face shows, and which action units count as there."""

import numpy as np
import pyarrow as pa
import pytest
import toy_dyads as toy
from hypothesis import given
from hypothesis import strategies as st

from faceloom.errors import InputError
from faceloom.facs import EXPRESSIONS, REACT_ATTRIBUTES
from faceloom.tasks.reaction import attributes


def test_attributes_take_intensities_by_name_and_au24_as_absent():
    table = toy.facial(6)
    values = attributes.face(table)
    assert values[:, REACT_ATTRIBUTES.index("AU12")] == pytest.approx(table["AU12_r"].to_numpy())
    assert values[:, REACT_ATTRIBUTES.index("happy")] == pytest.approx(table["happy"].to_numpy())
    assert (values[:, REACT_ATTRIBUTES.index("AU24")] == 0).all()


def test_a_truth_table_names_one_expression():
    table = toy.facial(3).drop_columns(list(EXPRESSIONS)).append_column("expression", pa.array(["sad", "fear", "sad"]))
    assert attributes.face(table)[:, 17:].argmax(axis=1).tolist() == [2, 4, 2]
    assert (attributes.face(table)[:, 17:].sum(axis=1) == 1).all()


def test_units_are_present_from_the_threshold_on():
    values = np.zeros((1, 25), np.float32)
    values[0, :4] = 0.99, 1.0, 3.2, np.nan
    values[0, 15] = 1.0
    present = attributes.presence(values, 1.0)[0]
    assert present[:3].tolist() == [0, 1, 1]
    assert np.isnan(present[3])
    assert present[15] == 1


def test_rows_without_a_face_hold_the_last_one():
    values = np.array([np.nan, 1, np.nan, np.nan, 2, np.nan], np.float32)[:, None]
    assert attributes.held(values)[:, 0].tolist() == [1, 1, 1, 1, 2, 2]
    assert np.isnan(attributes.held(values[:1])).all()


def test_units_count_from_what_the_person_shows_at_rest():
    values = np.ones((20, 25), np.float32)
    values[:, 13] = 1.0  # lips that are parted by build
    values[5:8, 13] = 2.5
    values[:2] = 0.1  # no face
    is_face = np.arange(20) >= 2
    out = attributes.above_rest(values, is_face, ["AU25"])
    assert out[:, 13] == pytest.approx(np.where(np.isin(np.arange(20), (5, 6, 7)), 1.5, 0))
    assert np.array_equal(np.delete(out, 13, 1), np.delete(values, 13, 1))
    assert np.array_equal(attributes.above_rest(values, np.zeros(20, bool), ["AU25"]), values)


@given(st.floats(0, 3), st.integers(0, 1000))
def test_where_a_face_rests_does_not_count(offset, seed):
    values = np.random.default_rng(seed).uniform(0, 2, (30, 25)).astype(np.float32)
    moved, everywhere = values.copy(), np.ones(30, bool)
    moved[:, 0] += np.float32(offset)
    known = attributes.above_rest(values, everywhere, ["AU01"])
    assert attributes.above_rest(moved, everywhere, ["AU01"]) == pytest.approx(
        np.concatenate([known[:, :1], moved[:, 1:]], 1), abs=1e-5
    )
    assert (known[:, 0] >= 0).all()


def test_truth_is_asked_for_where_there_is_none(tmp_path):
    clip = toy.clip(tmp_path, "a.mp4", None)
    with pytest.raises(InputError, match=r"a\.mp4: no truth table"):
        attributes.seen_face(clip, truth=True)
