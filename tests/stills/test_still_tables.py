import gzip

import numpy as np
import pandas as pd
import pytest
from toy_faces import fer_lines, kaggle_lines, without, write_fer, write_kaggle

from faceloom.errors import InputError
from faceloom.stills.csv_rows import header, rows
from faceloom.stills.faces import Faces, Skips
from faceloom.stills.points import COLUMNS
from faceloom.stills.tables import Fer, Kaggle, coordinates, open_table


def read(source):
    """All faces as one chunk, and what was left out."""
    skips = Skips("set.csv")
    chunks = list(source.chunks(skips))
    columns = zip(*(vars(chunk).values() for chunk in chunks), strict=True)
    return Faces(*map(np.concatenate, columns)) if chunks else None, skips


@pytest.mark.parametrize("suffix", [".csv", ".gz", ".zip"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_fer_is_read_as_pandas_reads_it(tmp_path, suffix, newline):
    path = write_fer(tmp_path / f"fer{suffix}", fer_lines(20), newline=newline)
    chunk, skips = read(open_table(path))
    table = pd.read_csv(path)
    expected = np.array([np.array(text.split(), int) for text in table["pixels"]]).reshape(-1, 48, 48)
    np.testing.assert_array_equal(chunk.images, expected)
    assert chunk.labels.tolist() == table["emotion"].tolist()
    assert chunk.usage.tolist() == [{"Training": 0, "PublicTest": 1}[part] for part in table["Usage"]]
    assert not skips.counts()


def test_the_variant_with_quoted_pixels_and_no_usage(tmp_path):
    lines = [line.replace(",", ',"') + '"' for line in fer_lines(3, usage=False)]
    path = write_fer(tmp_path / "train.csv", ["", *lines, ""], "\ufeffEmotion,Pixels")
    chunk, _ = read(open_table(path))
    assert chunk.labels.tolist() == [0, 1, 2]
    assert set(chunk.usage.tolist()) == {-1}
    assert chunk.images[0, 0, 0] == int(lines[0].split('"')[1].split()[0])


def test_more_rows_than_a_chunk_and_than_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr("faceloom.stills.csv_rows.BLOCK", 50_000)
    path = write_fer(tmp_path / "fer.csv.gz", fer_lines(40))
    in_pieces, _ = read(Fer(path, header(path)))
    monkeypatch.undo()
    whole, _ = read(Fer(path, header(path)))
    assert len(whole) == 40
    np.testing.assert_array_equal(in_pieces.images, whole.images)


def broken(line, kind):
    label, text, usage = line.split(",")
    values = text.split()
    match kind:
        case "too few pixels":
            values = values[:-1]
        case "too many pixels":
            values = [*values, "3"]
        case "a pixel is not a whole number":
            values[7] = "x1"
        case "a pixel is outside 0-255":
            values[7] = "256"
        case "the label is not a whole number":
            label = "happy"
        case "the label is outside 0-6":
            label = "7"
        case "Usage is none of Training, PublicTest and PrivateTest":
            usage = "Train"
        case "not as many columns as the header has":
            return label
    return f"{label},{' '.join(values)},{usage}"


FAULTS = [
    "too few pixels",
    "too many pixels",
    "a pixel is not a whole number",
    "a pixel is outside 0-255",
    "the label is not a whole number",
    "the label is outside 0-6",
    "Usage is none of Training, PublicTest and PrivateTest",
    "not as many columns as the header has",
]


@pytest.mark.parametrize("kind", FAULTS)
def test_a_faulty_row_is_left_out_and_named(tmp_path, kind):
    lines = fer_lines(4)
    lines[2] = broken(lines[2], kind)
    chunk, skips = read(open_table(write_fer(tmp_path / "fer.csv", lines)))
    assert chunk.labels.tolist() == [0, 1, 3]
    assert skips.counts() == {kind: 1}
    assert skips.messages() == [f"set.csv: 1 left out, {kind} (row 3)"]


@pytest.mark.parametrize("value", ["-3", "1.5", "1e2", "nan", "0x10", "1-", "--1", "99999999999999999999", "1,2"])
def test_no_text_is_taken_for_a_pixel(tmp_path, value):
    line = fer_lines(1)[0].split(" ")
    line[5] = value
    chunk, skips = read(open_table(write_fer(tmp_path / "fer.csv", [" ".join(line)])))
    assert not len(chunk)
    assert skips.faults.total() == 1


def test_kaggle_points_and_pictures(tmp_path):
    lines = kaggle_lines(5)
    lines[1] = without(lines[1], 4, 20)
    chunk, skips = read(open_table(write_kaggle(tmp_path / "training.csv", lines)))
    expected = np.array([float(text or "nan") for text in lines[1].split(",")[:30]], np.float32).reshape(15, 2)
    np.testing.assert_array_equal(chunk.points[1], expected)
    assert chunk.images[4, 0, 1] == int(lines[4].split(",")[30].split()[1])
    assert not skips.counts()
    assert set(chunk.person.tolist()) == {-1}


def test_kaggle_columns_in_another_order(tmp_path):
    line = kaggle_lines(1)[0].split(",")
    turned = ",".join([line[30], *line[29::-1]])
    chunk, _ = read(open_table(write_kaggle(tmp_path / "t.csv", [turned], ("Image", *COLUMNS[::-1]))))
    np.testing.assert_array_equal(chunk.points[0].ravel(), np.array(line[:30], np.float32))


def test_people_stay_with_their_rows(tmp_path):
    lines = kaggle_lines(4)
    lines[1] = lines[1].replace(".", "x", 1)
    (tmp_path / "persons.csv").write_text("person\nAda\nBo\nAda\nCy\n")
    chunk, skips = read(open_table(write_kaggle(tmp_path / "training.csv", lines)))
    assert chunk.person.tolist() == [0, 0, 2]
    assert skips.messages() == ["set.csv: 1 left out, a coordinate is not a number (row 2)"]


def test_people_that_do_not_match_the_rows(tmp_path):
    path = write_kaggle(tmp_path / "training.csv", kaggle_lines(3))
    (tmp_path / "persons.csv").write_text("person\nAda\n")
    with pytest.raises(InputError, match="1 names for 3 rows"):
        read(open_table(path))
    (tmp_path / "persons.csv").write_text("name\nAda\n")
    with pytest.raises(InputError, match="no column `person`"):
        read(open_table(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "an empty file"),
        ("emotion,usage\n3,Training\n", "no column `pixels`"),
        ("pixels\n1 2\n", "no column `emotion`"),
        ("left_eye_center_x,Image\n1,2\n", "no column `left_eye_center_y` and 28 more"),
        (",".join(COLUMNS) + "\n", "no column `Image`"),
        ("a;b\n1;2\n", "its header is neither Kaggle's"),
    ],
)
def test_a_header_that_will_not_do(tmp_path, text, message):
    path = tmp_path / "set.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        open_table(path)


def test_damaged_archives(tmp_path):
    path = write_fer(tmp_path / "fer.csv.gz", fer_lines(9))
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(InputError, match="cannot be read to its end"):
        read(Fer(path, ("emotion", "pixels", "Usage")))
    path.write_bytes(b"\x1f\x8b" + b"nonsense" * 9)
    with pytest.raises(InputError, match="cannot be read to its end"):
        open_table(path)


def test_a_gzip_file_of_several_members_is_one_text(tmp_path):
    parts = "emotion,pixels,Usage\n", "\n".join(fer_lines(9))
    path = tmp_path / "fer.csv.gz"
    path.write_bytes(b"".join(gzip.compress(part.encode()) for part in parts))
    found, _ = read(open_table(path))
    assert len(found) == 9


def test_a_gzip_file_with_a_wrong_checksum(tmp_path):
    path = write_fer(tmp_path / "fer.csv.gz", fer_lines(9))
    packed = bytearray(path.read_bytes())
    packed[-6] ^= 1
    path.write_bytes(packed)
    with pytest.raises(InputError, match="cannot be read to its end"):
        read(Fer(path, ("emotion", "pixels", "Usage")))


@pytest.mark.shared
def test_the_real_sets(shared):
    chunk, skips = read(open_table(shared / "datasets/emotion_detector/train.csv.gz"))
    assert len(chunk) == 479
    assert skips.messages() == ["set.csv: 1 left out, too few pixels (row 480)"]
    points = shared / "datasets/facial_keypoints/kaggle_points_only.csv.gz"
    columns = header(points)
    wanted = [columns.index(name) for name in COLUMNS]
    found = np.stack(
        [coordinates(None, fields) for block in rows(points, len(columns), -1, 1) for fields in block.fields(wanted)]
    )
    assert found.shape == (7049, 30)
    assert np.isfinite(found).all(axis=1).sum() == 2140


def test_kaggle_without_a_row(tmp_path):
    assert read(Kaggle(write_kaggle(tmp_path / "t.csv", []), (*COLUMNS, "Image")))[0] is None
