"""An extractor small enough to see through, importable by worker processes."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from faceloom.errors import InputError
from faceloom.store import Clip, images, write_table


@dataclass(frozen=True)
class Toy:
    """Counts frames; logs each computation; misbehaves on request by clip name."""

    factor: int
    log: str
    name: ClassVar[str] = "toy"
    version: ClassVar[int] = 1
    ready: str = field(default="not set up", init=False)

    def setup(self, device: str) -> None:
        object.__setattr__(self, "ready", device)

    def __call__(self, clip: Clip, out: Path) -> Mapping[str, Any]:
        with Path(self.log).open("a") as log:
            log.write(f"{clip.clip}\n")
        if "bad" in clip.clip:
            (out / "table.parquet").write_bytes(b"half")
            raise InputError(f"{clip.clip}: is bad; replace it.")
        if "crash" in clip.clip:
            raise ZeroDivisionError("oops")
        if "killer" in clip.clip and os.environ.get("TOY_KILLS"):
            os.kill(os.getpid(), signal.SIGKILL)
        write_table(out / "table.parquet", (self.window(clip, start) for start in range(0, clip.n_frames, 4)))
        (out / "media.mkv").write_bytes(clip.clip.encode())
        return {"mean": float(self.factor), "device": self.ready}

    def window(self, clip: Clip, start: int) -> pa.Table:
        frames = list(range(start, min(start + 4, clip.n_frames)))
        return pa.table(
            {
                "frame": pa.array(frames, pa.int32()),
                "value": pa.array([self.factor * frame for frame in frames], pa.float32()),
                "image": images([bytes([frame]) for frame in frames]),
            }
        )


def toy_clip(name: str, n_frames: int = 10) -> Clip:
    return Clip(clip=name, digest=f"content of {name}", n_frames=n_frames, source=Path(name), row={})
