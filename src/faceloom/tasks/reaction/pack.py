"""Packing dyads: faces and their tokens, features as float16, the matrix of appropriate reactions, in one file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from faceloom import progress
from faceloom.errors import InputError
from faceloom.tasks.reaction import appropriateness, attributes, challenge, codebooks, dyads, features, write
from faceloom.tasks.reaction.codebooks import Codebooks
from faceloom.tasks.reaction.data import SPLITS
from faceloom.tasks.reaction.dyads import Dyads, Pair

if TYPE_CHECKING:
    from faceloom.params import PackReaction
    from faceloom.store import Clip

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Face:
    """What one person shows, attributes (T, 25); frames without a face hold the face last seen.

    Attributes:
        values: As extracted, which is what is known of a face while its owner is still speaking.
        behaviour: The same with action units above what the person shows at rest.
        attributes: `behaviour` with action units as 0 or 1.
        is_face: Whether a face is seen (T,).
    """

    values: NDArray[np.float16]
    behaviour: NDArray[np.float16]
    attributes: NDArray[np.float16]
    is_face: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def seen(self) -> NDArray[np.float16]:
        """Values (n, 25), NaN where there is no face."""
        return attributes.seen(self.values, self.is_face)


def places(settings: PackReaction) -> list[str]:
    """Folders below data/ whose tables `pack` reads; raises InputError for a feature that is none."""
    return features.places(settings.features)


def pack(clips: Sequence[Clip], recordings: Path, settings: PackReaction, out: Path) -> int:
    """Write every dyad in both directions; returns the number of clips.

    Args:
        clips: With the tables of `places` and the sidecar `truth` where there is one.
        recordings: The folder that clip ids, lists and matrix are relative to.
        settings: `pack.reaction` of the params.
        out: The file to write; equal input gives equal bytes.

    Raises:
        InputError: no dyad, no training dyad, or a file of the data set that is wrong.
    """
    by_name = {clip.clip: clip for clip in clips}
    pairs, listed, counts = find_pairs(clips, recordings, settings)
    faces = _faces(
        [by_name[name] for pair in pairs for name in (pair.first, pair.second)], recordings, settings, counts
    )
    who = dyads.arrange(_seen(pairs, faces, counts), listed)
    _require(who, out)
    lengths = _lengths(who, faces, counts)
    with write.packed(out) as file:
        about = _write_faces(file, who, [faces[name] for name in who.clips], lengths, recordings, settings)
        _write_features(file, [by_name[name] for name in who.clips], who, lengths, faces, settings)
        write.about(file, {"source": settings.source, "counts": dict(counts), **about})
    return len(who.clips)


def find_pairs(
    clips: Sequence[Clip], recordings: Path, settings: PackReaction
) -> tuple[list[Pair], dict[str, int], Counter[str]]:
    """Pairs of the lists or of the catalog's links, pairs by split before any was left out, and what was left out."""
    if settings.lists is None:
        pairs, counts = dyads.from_links([clip.row for clip in clips])
        return pairs, dict(Counter(pair.split for pair in pairs)), counts
    lists = challenge.read_lists(recordings / settings.lists)
    pairs, counts = dyads.from_lists(lists, challenge.names(clip.clip for clip in clips))
    return pairs, {split: len(rows) for split, rows in lists.items()}, counts


def _faces(clips: Sequence[Clip], recordings: Path, settings: PackReaction, counts: Counter[str]) -> dict[str, Face]:
    faces = {}
    with progress.bar("faces of dyads", total=len(clips)) as advance:
        for clip in clips:
            faces[clip.clip] = _face(clip, recordings, settings, counts)
            advance()
    return faces


def _face(clip: Clip, recordings: Path, settings: PackReaction, counts: Counter[str]) -> Face:
    path = challenge.attribute_file(recordings, clip.clip) if settings.source == "auto" else None
    units: tuple[str, ...] = ()
    if path is not None:
        values, threshold = challenge.read_attributes(path), 0.5
        counts["attribute files of another length than the recording"] += len(values) != clip.n_frames
        values = values[: clip.n_frames]
        is_face = attributes.whole(values)
    else:
        is_truth, threshold = settings.source == "truth", settings.present
        values, is_face = attributes.seen_face(clip, truth=is_truth)
        units = () if is_truth else settings.above_rest
    counts["frames without a face"] += int((~is_face).sum())
    values = attributes.held(attributes.seen(values, is_face))
    behaviour = attributes.above_rest(values, is_face, units)
    present = attributes.presence(behaviour, threshold)
    half = np.float16
    return Face(values.astype(half), behaviour.astype(half), present.astype(half), is_face)


def _seen(pairs: Sequence[Pair], faces: Mapping[str, Face], counts: Counter[str]) -> list[Pair]:
    """Pairs in which both have a face."""
    good = [pair for pair in pairs if faces[pair.first].is_face.any() and faces[pair.second].is_face.any()]
    counts["no face in it or its partner"] += 2 * (len(pairs) - len(good))
    return good


def _require(who: Dyads, out: Path) -> None:
    if not len(who.clips):
        raise InputError(
            f"{out}: no two recordings are partners with faces; catalog.layout must know them (studio, react)."
        )
    if not (who.split == 0).any():
        raise InputError(f"{out}: no dyad is in the training split; lower catalog.split or add recordings.")


def _lengths(who: Dyads, faces: Mapping[str, Face], counts: Counter[str]) -> NDArray[np.int64]:
    """Frames of each clip: the shorter partner's."""
    own = np.array([len(faces[name]) for name in who.clips], np.int64)
    counts["cut to the partner's length"] += int((own > own[who.partner]).sum())
    return np.minimum(own, own[who.partner])


def _write_faces(
    file: h5py.File,
    who: Dyads,
    faces: Sequence[Face],
    lengths: NDArray[np.int64],
    recordings: Path,
    settings: PackReaction,
) -> dict[str, Any]:
    """Write everything but the features; returns what there is to say about it."""
    shown = np.concatenate([face.attributes[:n] for face, n in zip(faces, lengths, strict=True)])
    is_face = np.concatenate([face.is_face[:n] for face, n in zip(faces, lengths, strict=True)])
    split = np.repeat(who.split, lengths)
    books = codebooks.build(shown[is_face & (split == 0)], settings.expressions, settings.seed)
    behaviour = [face.behaviour[:n].astype(np.float32) for face, n in zip(faces, lengths, strict=True)]
    brought = None if settings.appropriateness is None else recordings / settings.appropriateness
    matrix, origin = appropriateness.find(brought, behaviour, who, settings.alike)
    write.dyads(file, who, lengths, matrix)
    write.faces(file, shown, is_face, books.encode(shown), books)
    return {"appropriate": origin, "codebooks": _described(books, shown, is_face, split)}


def _described(
    books: Codebooks, shown: NDArray[np.float16], is_face: NDArray[np.bool_], split: NDArray[np.uint8]
) -> dict[str, Any]:
    """Sizes of the codebooks, and what they lose of each split."""
    lost = {
        name: books.reconstruction(shown[rows])
        for k, name in enumerate(SPLITS)
        if (rows := is_face & (split == k)).any()
    }
    return {"sizes": dict(zip(codebooks.STREAMS, books.sizes, strict=True)), "reconstruction": lost}


def _write_features(
    file: h5py.File,
    clips: Sequence[Clip],
    who: Dyads,
    lengths: NDArray[np.int64],
    faces: Mapping[str, Face],
    settings: PackReaction,
) -> None:
    truth = settings.source == "truth"
    for name in settings.features:
        if name in features.VECTORS:
            length = features.vector_length(name, clips)
            write.vectors(file, name, (features.vector(name, clip, length) for clip in clips), len(clips))
        elif name in features.OF_FACES:
            made = ([features.of_faces(name, faces[clip.clip].seen, clip)] for clip in clips)
            write.stream(file, name, made, lengths, who.split == 0)
        else:
            rows = (features.rows(name, clip, truth=truth) for clip in clips)
            write.stream(file, name, rows, lengths, who.split == 0, hop=features.hop(name, clips))
