"""The h5 layout of the published data, one file a split, read into a packed file and written from one.

A file holds N speakers of T frames: `s_name`; `s_AU`, `s_exp`, `s_VA` and `s_MFCC` (N, T, width); `s_pose` (N, T / 5,
1408), a row for five frames; `s_GeMapfunc` (N, 6373) and `s_GeMaplld` (N, 65, 2997); `is_face` (N, T); and `l_tokens`
int32 (N, 3, T), the tokens of the listener in the order AU, expression, valence-arousal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from faceloom.errors import InputError
from faceloom.store import layouts
from faceloom.tasks.reaction import appropriateness, codebooks, write
from faceloom.tasks.reaction.codebooks import STREAMS, Codebooks
from faceloom.tasks.reaction.data import SPLITS, Packed, Sample
from faceloom.tasks.reaction.dyads import Dyads
from faceloom.tasks.reaction.features import N_LLD, standardised

if TYPE_CHECKING:
    from faceloom.params import PackReaction

FRAME_STREAMS: Final = {
    "me_graphau": "s_AU",
    "resmasknet": "s_exp",
    "efficientnet_va": "s_VA",
    "videomae": "s_pose",
    "mfcc": "s_MFCC",
}
VECTORS: Final = {"functionals": "s_GeMapfunc", "lld": "s_GeMaplld"}
CODEBOOKS: Final = "codebooks.npz"
"""Of arrays `au`, `expression` and `va`, beside published files: they hold tokens without what these mean."""

T: Final = 750
"""Frames of a published clip."""


def export(packed: Packed, split: str, out: Path, frames: int = T) -> list[str]:
    """Write a split in the published layout, and its codebooks in a group; returns the names of the datasets.

    Longer clips are cut, shorter ones filled: features with 0, tokens with the last, `is_face` with False. Streams that
    the layout does not know are left out, those that the packed file does not hold are absent.

    Args:
        packed: The packed file.
        split: `train`, `val` or `test`.
        out: The file to write.
        frames: Of a clip.
    """
    rows = packed.of(split)
    with h5py.File(out, "w") as file:
        file["s_name"] = np.array([packed.names[k] for k in rows], h5py.string_dtype())
        codebooks.save(packed.codebooks, file.create_group("codebooks"))
        for row, k in enumerate(rows):
            speaker, listener = packed.clip(int(k)), packed.clip(packed.listener(int(k)))
            for name, values in _published(speaker, listener, frames).items():
                if name not in file:
                    file.create_dataset(name, (len(rows), *values.shape), values.dtype)
                file[name][row] = values
        return sorted(name for name in file if name != "codebooks")


def _published(speaker: Sample, listener: Sample, frames: int) -> dict[str, NDArray[Any]]:
    """One row of each dataset."""
    streams = {FRAME_STREAMS[name]: values for name, values in speaker.features.items() if name in FRAME_STREAMS}
    out: dict[str, NDArray[Any]] = {name: _filled(np.nan_to_num(values), frames) for name, values in streams.items()}
    if "s_pose" in out:
        out["s_pose"] = out["s_pose"][::5]
    vectors = speaker.clip_features
    out |= {VECTORS[name]: values for name, values in vectors.items() if name in VECTORS}
    if "lld" in vectors:
        out["s_GeMaplld"] = vectors["lld"].reshape(N_LLD, -1)
    tokens = listener.tokens[np.minimum(np.arange(frames), len(listener) - 1)]
    return out | {"is_face": _filled(speaker.is_face, frames), "l_tokens": tokens.T.astype(np.int32)}


def _filled(values: NDArray[Any], frames: int) -> NDArray[Any]:
    out = np.zeros((frames, *values.shape[1:]), values.dtype)
    out[: min(frames, len(values))] = values[:frames]
    return out


def pack(folder: Path, recordings: Path, settings: PackReaction, out: Path) -> int:
    """Read the published files of a folder into a packed file; returns the number of clips.

    Attributes are what the tokens decode to. Partners are found by the names (of the challenge's folders), or, where
    these say nothing, stand in the first and the second half of a file that is not shuffled.

    Args:
        folder: With one .h5 for each of train, val and test (as far as there are), its name holding the split's, and
            `codebooks.npz` where the files hold no codebooks.
        recordings: What `settings.appropriateness` is relative to.
        settings: `pack.reaction` of the params; of its features those that the layout knows are read.
        out: The file to write.

    Raises:
        InputError: no training file, a dataset of another shape, no codebooks, or tokens beyond them.
    """
    with ExitStack() as stack:
        files = {split: stack.enter_context(_opened(path)) for split, path in _files(folder).items()}
        books = _codebooks(folder, files)
        tokens = np.concatenate([_listeners(file, books) for file in files.values()])
        who = _dyads(files)
        tokens = tokens[who.partner]  # a file says of each speaker what the listener does
        is_face = np.concatenate([file["is_face"][:].astype(bool) for file in files.values()])
        attributes = books.decode(tokens)
        brought = None if settings.appropriateness is None else recordings / settings.appropriateness
        matrix, origin = appropriateness.find(brought, list(attributes), who, settings.alike)
        lengths = np.full(len(tokens), tokens.shape[1], np.int64)
        with write.packed(out) as packed:
            write.dyads(packed, who, lengths, matrix)
            write.faces(packed, attributes.reshape(-1, 25), is_face.ravel(), tokens.reshape(-1, 3), books)
            _write_features(packed, files, who, lengths, settings)
            write.about(packed, {"source": "published", "counts": {}, "appropriate": origin})
        return len(tokens)


def _files(folder: Path) -> dict[str, Path]:
    found = {split: path for split in SPLITS for path in sorted(folder.glob(f"*{split}*.h5"))[:1]}
    if "train" not in found:
        raise InputError(f"{folder}: holds no .h5 file named after train; correct pack.reaction.published.")
    return found


def _opened(path: Path) -> h5py.File:
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise InputError(f"{path}: not an HDF5 file; bring it again.") from None
    for name in ("s_name", "is_face", "l_tokens"):
        if name not in file:
            raise InputError(f"{path}: dataset `{name}` is missing; it needs the layout of the published data.")
    shapes = {name: file[name].shape for name in ("l_tokens", "is_face", "s_name")}
    n, streams, frames = shapes["l_tokens"]
    if streams != len(STREAMS) or shapes["is_face"] != (n, frames) or shapes["s_name"] != (n,):
        raise InputError(f"{path}: shapes {shapes} do not fit; they need to be (N, 3, T), (N, T) and (N,).")
    return file


def _codebooks(folder: Path, files: Mapping[str, h5py.File]) -> Codebooks:
    """Those in the training file, or else beside it."""
    if "codebooks" in files["train"]:
        return codebooks.load(files["train"]["codebooks"])
    try:
        with np.load(folder / CODEBOOKS, allow_pickle=False) as tables:
            return Codebooks(**{name: tables[name] for name in STREAMS})
    except FileNotFoundError:
        raise InputError(
            f"{folder / CODEBOOKS}: no such file; published tokens mean nothing without the tables au (K, 15), "
            "expression (K, 8) and va (K, 2) that they were made with."
        ) from None
    except (OSError, ValueError, KeyError):
        raise InputError(f"{folder / CODEBOOKS}: needs the arrays au, expression and va.") from None


def _listeners(file: h5py.File, books: Codebooks) -> NDArray[np.int32]:
    """The tokens (N, T, 3) of what answers each speaker of a file."""
    tokens: NDArray[np.int32] = file["l_tokens"][:].astype(np.int32).transpose(0, 2, 1)
    for k, (name, size) in enumerate(zip(STREAMS, books.sizes, strict=True)):
        if tokens.size and not 0 <= tokens[..., k].min() <= tokens[..., k].max() < size:
            raise InputError(f"{file.filename}: {name} tokens reach {tokens[..., k].max()}, the codebook has {size}.")
    return tokens


def _dyads(files: Mapping[str, h5py.File]) -> Dyads:
    """The clips of all files one after the other."""
    clips: list[str] = []
    partner: list[int] = []
    counts = {split: len(file["s_name"]) for split, file in files.items()}
    for split, file in files.items():
        names = [f"{split}/{name}" for name in file["s_name"].asstr()[:]]
        partner += [len(clips) + other for other in _partners(Path(file.filename), names)]
        clips += names
    number = [SPLITS.index(split) for split, count in counts.items() for _ in range(count)]
    return Dyads(
        clips=tuple(clips),
        partner=np.array(partner, np.int32),
        split=np.array(number, np.uint8),
        places=np.concatenate([np.arange(count) for count in counts.values()]).astype(np.int64),
        listed={split: counts.get(split, 0) for split in SPLITS},
    )


def _partners(path: Path, names: Sequence[str]) -> list[int]:
    """The row of each row's partner."""
    ids = [f"{name.partition('/')[0]}/{layouts.REACT_FOLDER}/{name.partition('/')[2]}.mp4" for name in names]
    try:
        places, rows = layouts.places(ids, "react"), {name: row for row, name in enumerate(ids)}
        found = [rows.get(places[name].partner or "", -1) for name in ids]
    except InputError:  # names of another layout
        found = [-1]
    if min(found) >= 0 and len(set(found)) == len(ids):
        return found
    if len(ids) % 2 or "shuffled" in path.name:
        raise InputError(f"{path}: its names do not tell whose partner is whose; it needs those of the challenge.")
    half = len(ids) // 2
    return [*range(half, len(ids)), *range(half)]


def _write_features(
    packed: h5py.File, files: Mapping[str, h5py.File], who: Dyads, lengths: NDArray[np.int64], settings: PackReaction
) -> None:
    for name in settings.features:
        if name in FRAME_STREAMS and all(FRAME_STREAMS[name] in file for file in files.values()):
            hop = int(lengths[0]) // files["train"][FRAME_STREAMS[name]].shape[1]
            rows = _clips(files, FRAME_STREAMS[name])
            write.stream(packed, name, ([values] for values in rows), lengths, who.split == 0, hop=hop)
        elif name in VECTORS and all(VECTORS[name] in file for file in files.values()):
            vectors = (standardised(values.astype(np.float32).ravel()) for values in _clips(files, VECTORS[name]))
            write.vectors(packed, name, vectors, len(lengths))


def _clips(files: Mapping[str, h5py.File], name: str) -> Iterator[NDArray[Any]]:
    """A dataset's rows, one at a time."""
    for file in files.values():
        dataset = file[name]
        yield from (dataset[k] for k in range(len(dataset)))
