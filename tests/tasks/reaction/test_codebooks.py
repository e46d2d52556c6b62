"""Codebooks of the three token streams."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_dyads import attributes

from faceloom.errors import InputError
from faceloom.tasks.reaction import codebooks
from faceloom.tasks.reaction.codebooks import AU, EXPRESSION, VA


@pytest.fixture(scope="module")
def books():
    return codebooks.build(attributes(1500), 32, seed=1)


def distances(books, row):
    """From one frame to every row of the tables, by the definitions."""
    cell = np.minimum(np.floor((row[VA].astype(float) + 1) / 0.025), 79)
    centre = -1 + 0.025 * (cell + 0.5)
    hamming = (books.au != row[AU]).sum(axis=1)
    expression = ((row[EXPRESSION].astype(float) - books.expression) ** 2).sum(axis=1)
    return hamming, expression, ((centre - books.va) ** 2).sum(axis=1)


def test_training_frames_decode_to_their_own_units_and_cell(books):
    values = attributes(1500)
    decoded = books.decode(books.encode(values))
    assert (decoded[:, AU] == values[:, AU]).all()
    assert np.abs(decoded[:, VA] - values[:, VA]).max() <= 0.0125 + 1e-6
    assert books.unseen(values) == {"au": 0, "va": 0}


def test_unseen_frames_get_the_nearest_known_token(books):
    values = attributes(60, seed=9)
    for row, token in zip(values, books.encode(values), strict=True):
        for far, chosen in zip(distances(books, row), token, strict=True):
            assert far[chosen] <= far.min() + 1e-7
    counted = books.unseen(values)
    assert counted["au"] == sum(not (books.au == row[AU]).all(axis=1).any() for row in values)
    assert 0 < counted["va"] < 60


def test_of_two_equally_near_combinations_the_commoner_wins():
    values = np.tile(attributes(1), (10, 1))
    values[:, AU] = 0
    values[:7, :2], values[7:, 2:4] = 1, 1  # {1, 2} seven times, {4, 6} three times
    books = codebooks.build(values, 4)
    between = values[:1].copy()
    between[0, AU] = 0
    between[0, [0, 2]] = 1  # one unit of each
    assert books.decode(books.encode(between))[0, AU][:4].tolist() == [1, 1, 0, 0]


@given(st.integers(0, 2**15 - 1), st.floats(-1, 1, width=32), st.floats(-1, 1, width=32))
def test_any_face_has_tokens_and_a_reconstruction_no_worse_than_any_other(books, code, valence, arousal):
    row = attributes(1)[0]
    row[AU], row[VA] = (code >> np.arange(15)) & 1, (valence, arousal)
    (token,) = books.encode(row[None])
    assert (token >= 0).all()
    assert (token < books.sizes).all()
    assert (books.au[token[0]] != row[AU]).sum() == (books.au != row[AU]).sum(axis=1).min()


def test_never_more_centres_than_distinct_frames():
    few = np.repeat(attributes(5), 20, axis=0)
    books = codebooks.build(few, 64)
    assert len(books.expression) == 5
    assert np.abs(books.decode(books.encode(few))[:, EXPRESSION] - few[:, EXPRESSION]).max() == 0
    assert len(codebooks.build(attributes(500), 64).expression) == 64


def test_decoded_expressions_are_probabilities(books):
    assert np.allclose(books.expression.sum(axis=1), 1, atol=1e-5)
    assert books.expression.min() >= 0


def test_one_seed_one_fingerprint(books):
    again = codebooks.build(attributes(1500), 32, seed=1)
    other = codebooks.build(attributes(1500), 32, seed=2)
    assert again.fingerprint == books.fingerprint != other.fingerprint


def test_decoding_is_vectorised_over_any_shape(books):
    tokens = books.encode(attributes(24)).reshape(2, 3, 4, 3)
    assert np.array_equal(books.decode(tokens)[1, 2, 3], books.decode(tokens[1, 2, 3]))
    with pytest.raises(IndexError):
        books.decode(np.array([[-1, 0, 0]]))
    with pytest.raises(IndexError):
        books.decode(np.array([[0, 0, len(books.va)]]))


def test_reconstruction_measures_each_stream(books):
    seen, unseen = books.reconstruction(attributes(1500)), books.reconstruction(attributes(500, seed=9))
    assert seen["au_changed"] == seen["au_unseen"] == seen["va_unseen"] == 0
    assert 0.005 < seen["va_mae"] < 0.0075  # a quarter of a cell on average
    assert 0 < unseen["au_changed"] < 0.1 < unseen["au_unseen"]
    assert 0 < seen["expression_mae"] < unseen["expression_mae"]


def test_borders_of_the_grid_belong_to_its_last_cells():
    va = np.array([[-1, -1], [1, 1], [1.3, -1.3], [-0.9751, 0]], np.float32)
    assert codebooks.cells_of(va).tolist() == [0, 6399, 79 * 80, 40]
    assert np.allclose(codebooks.centres(np.array([0, 6399])), [[-0.9875, -0.9875], [0.9875, 0.9875]])


@pytest.mark.parametrize("bad", [np.zeros((4, 24)), np.zeros(25), np.full((4, 25), np.nan)])
def test_attributes_of_a_wrong_shape_or_with_nan(books, bad):
    with pytest.raises(InputError, match="attributes"):
        books.encode(bad)


def test_no_training_face():
    with pytest.raises(InputError, match="no training frame"):
        codebooks.build(np.zeros((0, 25)), 8)


def test_saved_tables_must_have_their_fingerprint(tmp_path, books):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        codebooks.save(books, file.create_group("codebooks"))
        assert codebooks.load(file["codebooks"]).fingerprint == books.fingerprint
        file["codebooks"]["va"][0] = 0.5
        with pytest.raises(InputError, match="fingerprint"):
            codebooks.load(file["codebooks"])
