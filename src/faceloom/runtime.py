"""Settings that never change a result: executor, workers, device, batch size, where the cache lies."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from faceloom.errors import InputError

EXECUTORS: Final = ("process", "serial", "ray")


def project_root() -> Path:
    """The project that runs: `DVC_ROOT` under `dvc repro`, else the nearest parent with a dvc.yaml, else here."""
    if root := os.environ.get("DVC_ROOT"):
        return Path(root)
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "dvc.yaml").is_file()), here)


@dataclass(frozen=True)
class Runtime:
    """How to run, not what to compute. None of it changes a byte of any out."""

    executor: str
    workers: int
    device: str
    batch_size: int
    cache: Path

    @classmethod
    def load(cls, root: Path | None = None) -> Runtime:
        """Read `FACELOOM_*` variables, then `runtime.toml`, then defaults; raises InputError for a bad value."""
        root = root or project_root()
        settings = _toml(root / "runtime.toml")

        def get(name: str, default: Any) -> Any:
            return os.environ.get(f"FACELOOM_{name.upper()}", settings.get(name, default))

        executor = str(get("executor", "process"))
        if executor not in EXECUTORS:
            raise InputError(f"FACELOOM_EXECUTOR: `{executor}` is unknown; use one of {', '.join(EXECUTORS)}.")
        return cls(
            executor=executor,
            workers=_count("workers", get("workers", _cores())),
            device=str(get("device", "auto")),
            batch_size=_count("batch_size", get("batch_size", 64)),
            cache=Path(get("cache", root / ".faceloom" / "cache")),
        )


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _count(name: str, value: Any) -> int:
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise InputError(f"FACELOOM_{name.upper()}: `{value}` is not a count; use a whole number of at least 1.")
    return number


def _toml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name}: not valid TOML ({error}); correct that line.") from None
