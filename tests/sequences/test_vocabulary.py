import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceloom.errors import InputError
from faceloom.sequences import vocabulary
from faceloom.sequences.quantise import Quantiser
from faceloom.sequences.vocabulary import EOS, FIRST, SOS, Vocabulary

values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


def test_sizes_of_the_reference():
    seen = Quantiser(0.1, 50, 550).levels[:3917]  # the lab's recordings hold 3,917 different F0 values
    assert len(Vocabulary.of(seen)) == 3919
    assert len(Vocabulary.of(Quantiser(0.2, 0, 5).levels)) == 28


def test_values_count_from_two():
    vocabulary_ = Vocabulary.of([0.4, 0.0, 0.2, 0.2])
    assert (SOS, EOS, FIRST) == (0, 1, 2)
    assert vocabulary_.encode([0.0, 0.2, 0.4]).tolist() == [2, 3, 4]


@given(values)
def test_the_inverse_is_exact(x):
    known = Vocabulary.of(x)
    np.testing.assert_array_equal(known.decode(known.encode(x)), x)
    tokens = np.arange(FIRST, len(known))
    np.testing.assert_array_equal(known.encode(known.decode(tokens)), tokens)


@given(values, st.floats(-1e6, 1e6))
def test_an_unseen_value_becomes_the_nearest(x, unseen):
    known = Vocabulary.of(x)
    decoded = known.decode(known.encode(unseen))
    assert abs(decoded - unseen) == np.abs(np.array(known.levels) - unseen).min()


@given(values)
def test_a_saved_vocabulary_is_the_same(tmp_path_factory, x):
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.json"
    vocabulary.save(path, {"F0": Vocabulary.of(x)})
    assert vocabulary.load(path) == {"F0": Vocabulary.of(x)}


def test_what_is_missing():
    known = Vocabulary.of([1.0, np.nan, 2.0])
    assert known.encode([np.nan, 1.0]).tolist() == [EOS, FIRST]
    assert np.isnan(known.decode([SOS, EOS])).all()
    with pytest.raises(IndexError):
        known.decode([-1])
    with pytest.raises(IndexError):
        known.decode([len(known)])


BROKEN = ("", "[]", json.dumps({"levels": {"F0": [2, 1]}}), json.dumps({"levels": {"F0": "x"}}))


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_file_is_one_sentence(tmp_path, text):
    path = tmp_path / "vocabulary.json"
    path.write_text(text)
    with pytest.raises(InputError, match="not a vocabulary"):
        vocabulary.load(path)
    with pytest.raises(InputError, match="no such file"):
        vocabulary.load(tmp_path / "absent.json")
