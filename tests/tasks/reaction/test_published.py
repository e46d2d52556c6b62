"""The layout of the published data, written and read."""

import h5py
import numpy as np
import pytest
import toy_dyads as toy

from faceloom.errors import InputError
from faceloom.tasks.reaction import published
from faceloom.tasks.reaction.data import load
from faceloom.tasks.reaction.pack import pack

FEATURES = ("mfcc", "videomae", "me_graphau", "functionals", "lld")


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Three dyads of 40 frames, one of 33, two to test."""
    folder = tmp_path_factory.mktemp("packed")
    clips = []
    for k, (split, n) in enumerate([("train", 40), ("train", 33), ("train", 40), ("test", 40), ("test", 40)]):
        more = {"pose/videomae": toy.windows(n, 5), "audio/lld": toy.lld(4 * n - 4, k)}
        more |= {"facial/me_graphau": toy.windows(n, 1, 6)}
        clips += toy.dyad(folder, k, split, n=(n, n), faceless=range(2), more=more)
    pack(clips, folder, toy.settings(features=("facial", *FEATURES)), folder / "reaction.h5")
    return load(folder / "reaction.h5")


@pytest.fixture
def folder(tmp_path, packed):
    """Both splits in the published layout."""
    for split in ("train", "test"):
        published.export(packed, split, tmp_path / f"{split}_sequential.h5", frames=40)
    return tmp_path


def read(folder, **changes):
    out = folder / "read.h5"
    published.pack(folder, folder, toy.settings(features=FEATURES, **changes), out)
    return load(out)


def test_names_shapes_and_types(folder, packed):
    with h5py.File(folder / "train_sequential.h5") as file:
        found = {
            name: (file[name].shape, file[name].dtype.kind) for name in file if name not in ("codebooks", "s_name")
        }
        assert file["s_name"].asstr()[0] == packed.names[0]
    assert found == {
        "s_AU": ((6, 40, 6), "f"),
        "s_MFCC": ((6, 40, 26), "f"),
        "s_pose": ((6, 8, 3), "f"),
        "s_GeMapfunc": ((6, 6373), "f"),
        "s_GeMaplld": ((6, 65, 156), "f"),
        "is_face": ((6, 40), "b"),
        "l_tokens": ((6, 3, 40), "i"),
    }


def test_tokens_are_the_listener_s_in_the_published_order(folder, packed):
    with h5py.File(folder / "train_sequential.h5") as file:
        listener = packed.clip(packed.listener(2))
        assert np.array_equal(file["l_tokens"][2], listener.tokens.T)
        assert file["l_tokens"].dtype == np.int32
        short = packed.names.index("d1/speaker.mp4")
        assert not file["is_face"][short, 33:].any()
        assert (file["l_tokens"][short, :, 33:] == file["l_tokens"][short, :, 32:33]).all()


def test_there_and_back(folder, packed):
    again = read(folder)
    assert [name.split("/", 1)[1] for name in again.names] == list(packed.names)
    assert np.array_equal(again.partner, packed.partner)
    assert np.array_equal(again.split, packed.split)
    assert again.codebooks.fingerprint == packed.codebooks.fingerprint
    for k in range(len(packed)):
        old, new = packed.clip(k), again.clip(k)
        assert np.array_equal(new.tokens[: len(old)], old.tokens)
        assert new.is_face[: len(old)].tolist() == old.is_face.tolist()
        assert np.allclose(new.attributes, again.codebooks.decode(new.tokens), atol=1e-3)
        for name, values in old.features.items():
            if name != "facial":
                assert np.array_equal(new.features[name][: len(old)], values), name
        for name, values in old.clip_features.items():
            # the shorter clip's filled-up descriptors count once more in their mean and deviation
            assert np.corrcoef(new.clip_features[name], values)[0, 1] > 0.999, name


def test_partners_of_a_shuffled_file_are_found_by_name(folder):
    shuffled = folder / "train_shuffled.h5"
    names = [f"NoXI/s{k}/{who}_video/1" for k in range(3) for who in ("Expert", "Novice")]
    order = [3, 0, 5, 2, 1, 4]
    with h5py.File(folder / "train_sequential.h5") as old, h5py.File(shuffled, "w") as new:
        for name in ("is_face", "l_tokens"):
            new[name] = old[name][:]
        old.copy("codebooks", new)
        new["s_name"] = np.array([names[k] for k in order], h5py.string_dtype())
        tokens = old["l_tokens"][:]
    (folder / "train_sequential.h5").unlink()
    file = read(folder)
    assert [order[k] ^ 1 for k in range(6)] == [order[k] for k in file.partner[:6]]
    assert np.array_equal(file.clip(file.listener(0)).tokens, tokens[0].T)
    with h5py.File(shuffled, "a") as new:
        new["s_name"][0] = "someone"
    with pytest.raises(InputError, match="whose partner is whose"):
        read(folder)


def test_a_matrix_of_the_published_kind(folder):
    matrix = np.eye(6, dtype=np.uint8)
    matrix[0, 4] = matrix[4, 0] = 1
    np.save(folder / "train_appro_sequential.npy", matrix)
    file = read(folder, appropriateness=".")
    assert np.array_equal(file.appropriate[:6, :6], matrix)
    assert file.about["appropriate"]["test"] == "derived"


def test_codebooks_beside_the_files(folder, packed):
    for path in folder.glob("*.h5"):
        with h5py.File(path, "a") as file:
            del file["codebooks"]
    with pytest.raises(InputError, match="published tokens mean nothing"):
        read(folder)
    books = packed.codebooks
    np.savez(folder / "codebooks.npz", au=books.au, expression=books.expression, va=books.va)
    assert read(folder).codebooks.fingerprint == books.fingerprint
    np.savez(folder / "codebooks.npz", au=books.au[:5], expression=books.expression, va=books.va)
    with pytest.raises(InputError, match="au tokens reach"):
        read(folder)


@pytest.mark.parametrize(("name", "shape"), [("l_tokens", (6, 2, 40)), ("is_face", (6, 39)), ("s_name", None)])
def test_files_of_another_layout(folder, name, shape):
    with h5py.File(folder / "train_sequential.h5", "a") as file:
        del file[name]
        if shape:
            file[name] = np.zeros(shape, np.int32)
    with pytest.raises(InputError, match=r"train_sequential\.h5"):
        read(folder)


def test_no_file_to_train(tmp_path):
    with pytest.raises(InputError, match="named after train"):
        read(tmp_path)
    (tmp_path / "train.h5").write_text("nothing")
    with pytest.raises(InputError, match="not an HDF5 file"):
        read(tmp_path)
