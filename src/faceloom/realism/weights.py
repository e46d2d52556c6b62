"""The weights of the Inception network that the user brings: `FILE` or `FILE#sha256=<64 hex digits>`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from faceloom.errors import InputError
from faceloom.features.weight_files import MARK, WeightFile, fit, read_tensors
from faceloom.features.weights import WeightStatus

if TYPE_CHECKING:
    from faceloom.realism.inception import Inception

OPTION: Final = "--inception"
VARIABLE: Final = "FACELOOM_INCEPTION"
"""Names the file where the option does not."""
BRING: Final = "the state dict `pt_inception-2015-12-05` of the project pytorch-fid"
SKIPPED: Final = "FRRea, the realism of rendered reactions (faceloom score)"
PROJECT: Final = "the FID Inception network"
CLASSES: Final = 1008
"""Of TensorFlow's graph; torchvision's weights have the same names, but 1,000 classes."""


def weight_file(value: str) -> WeightFile:
    """The file that the option names; raises InputError where it is absent or not the one its checksum says."""
    try:
        file = WeightFile.parse(OPTION, value, BRING)
    except InputError as error:
        raise InputError(str(error).removeprefix("params.yaml: ")) from None
    if not file.path.is_file():
        raise InputError(f"{file.path}: there is no such file; {OPTION} takes {BRING}.")
    file.digest()
    return file


def load(file: WeightFile) -> Inception:
    """The network with the file's weights, ready to run on the CPU.

    Raises:
        InputError: The file holds something else than tensors, or the tensors of another network.
    """
    from faceloom.realism.inception import Inception

    tensors, network = read_tensors(file.path), Inception()
    fit(network, tensors, file.path, PROJECT)
    if "fc.weight" in tensors and len(tensors["fc.weight"]) != CLASSES:
        raise InputError(
            f"{file.path}: a classifier of {len(tensors['fc.weight']):,} classes, {PROJECT} has {CLASSES:,}; "
            f"bring {BRING}."
        )
    return network.eval().requires_grad_(requires_grad=False)


def status(value: str | None) -> WeightStatus:
    """What `faceloom doctor` tells: the variable `FACELOOM_INCEPTION` names the file, if anything does."""
    if not value:
        meaning = f"skipped: {SKIPPED}; bring {BRING}, and name it by {OPTION} or {VARIABLE}"
        return WeightStatus("inception", VARIABLE, None, False, None, meaning)
    try:
        file = weight_file(value)
    except InputError as error:
        path = Path(value.partition(MARK)[0])
        return WeightStatus(
            "inception", VARIABLE, str(path), path.is_file(), False if path.is_file() else None, str(error)
        )
    return WeightStatus("inception", VARIABLE, str(file.path), True, True if file.sha256 else None, "")
