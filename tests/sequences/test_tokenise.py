import numpy as np
import pyarrow as pa

from faceloom.facs import UPPER_FACE_AUS
from faceloom.sequences.tokenise import AU_INPUTS, Tokenise, tokens, training_vocabulary
from faceloom.sequences.vocabulary import EOS, FIRST
from faceloom.store import Clip, ClipTable, write_table

TOKENISE = Tokenise(0.2, 0.1, (50.0, 550.0))


def aligned(f0, au, is_face=None):
    frames = {"frame": np.arange(len(f0), dtype=np.int32), "F0final": np.asarray(f0, float)}
    frames["is_face"] = np.ones(len(f0), bool) if is_face is None else is_face
    return pa.table({**frames, **{name: np.asarray(au, float) for name in AU_INPUTS}})


def clip(tmp_path, name, table, split="train", role=None):
    path = tmp_path / f"{name}.parquet"
    write_table(path, [table.slice(0, 2), table.slice(2)])
    source = {"aligned": ClipTable(path, 0, 2)}
    return Clip(name, name, len(table), path, {"split": split, "role": role}, tables=source)


def test_tokens_decode_to_the_quantised_features():
    table = tokens(aligned([0, 120.04, 600.0], [0.0, 1.29, 5.0]), TOKENISE.f0, TOKENISE.au)
    assert TOKENISE.f0.vocabulary.decode(table["F0"].to_numpy()).tolist() == [50.0, 120.0, 550.0]
    assert TOKENISE.au.vocabulary.decode(table["AU01"].to_numpy()).tolist() == [0.0, 1.2, 5.0]
    assert table.schema.field("F0").type == pa.int32()
    assert {table.schema.field(au).type for au in UPPER_FACE_AUS} == {pa.int16()}


def test_ties_go_up_as_the_formula_says():
    coded = TOKENISE.au.encode([0.1, 0.5])  # exactly between two levels
    assert TOKENISE.au.vocabulary.decode(coded).tolist() == [0.2, 0.6]


def test_what_is_missing_is_masked_and_never_a_value():
    table = tokens(aligned([np.nan] * 3, [1.0, np.nan, 1.0], np.array([True, True, False])), TOKENISE.f0, TOKENISE.au)
    assert table["mask"].to_pylist() == [True, False, False]
    assert table["AU01"].to_pylist()[1:] == [EOS, EOS]
    assert table["F0"].to_pylist() == [EOS] * 3  # a clip without sound still has gesture tokens
    assert table["AU01"].to_pylist()[0] >= FIRST


def test_a_record_counts_faces_and_voice(tmp_path):
    recording = clip(tmp_path, "a", aligned([0, 100, 100, 0], [0, 1, 2, np.nan]))
    assert TOKENISE(recording, tmp_path) == {"face_frames": 3, "voiced_frames": 2}


def test_the_vocabulary_is_of_training_speakers(tmp_path):
    def tokenised(name, pitch, **row):
        made = clip(tmp_path, name, tokens(aligned([0, pitch, pitch], [0, 0, 0]), TOKENISE.f0, TOKENISE.au), **row)
        return Clip(name, name, 3, made.source, made.row, tables={"tokens": made.tables["aligned"]})

    clips = [tokenised("a", 100.0), tokenised("b", 200.0, split="test"), tokenised("c", 300.0, role="listener")]
    assert training_vocabulary(clips, TOKENISE.f0.vocabulary).levels == (50.0, 100.0)
