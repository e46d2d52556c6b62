"""Which weights the params name: the extractors they bring, and what `faceloom doctor` tells about them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

from faceloom.errors import InputError
from faceloom.features.weight_files import WeightFile

if TYPE_CHECKING:
    from faceloom.features.weight_features import WeightFeatures
    from faceloom.params import Facial, Params

BRING: Final = {
    "facial.me_graphau": "a checkpoint of the project ME-GraphAU (backbone ResNet-50 or Swin-B)",
    "facial.resmasknet": "the checkpoint `Z_resmasking_dropout1_rot30` of the project ResidualMaskingNetwork",
    "facial.efficientnet_va": "the state dict of EfficientNet-B2 for faces from the projects facetorch or HSEmotion",
    "pose.videomae": "a folder with config.json and model.safetensors of the project VideoMAE in transformers' format",
}
"""What a user has to get for each params key."""

SKIPPED: Final = {
    "facial.me_graphau": "the 25,088 action-unit features (data/facial/me_graphau)",
    "facial.resmasknet": "the 512 expression features (data/facial/resmasknet)",
    "facial.efficientnet_va": "the 1,408 valence and arousal features (data/facial/efficientnet_va)",
    "pose.videomae": "the VideoMAE features of 5-frame windows (data/pose/videomae)",
}
"""What does not exist without them."""


@dataclass(frozen=True)
class WeightStatus:
    """One row of `faceloom doctor`.

    Args:
        name: Of the network.
        key: Of params.
        path: What the key says, without the checksum; None where it is not set.
        present: Something lies there.
        sha256_ok: The checksum matches; None where the key has none or nothing lies there.
        what_is_skipped: One sentence; empty where the weights will be used.
    """

    name: str
    key: str
    path: str | None
    present: bool
    sha256_ok: bool | None
    what_is_skipped: str

    @property
    def state(self) -> Literal["ok", "absent", "wrong"]:
        """`absent` is what the params do not ask for, `wrong` what they ask for and cannot have."""
        if self.path is None:
            return "absent"
        return "wrong" if self.what_is_skipped else "ok"

    @property
    def meaning(self) -> str:
        """One sentence."""
        checked = "the checksum is right" if self.sha256_ok else "no checksum given"
        return self.what_is_skipped or f"{self.path}: {checked}"


def extractors(facial: Facial) -> list[WeightFeatures]:
    """One extractor for each facial weight file that the params name; none where they name none.

    Raises:
        InputError: a named file is absent, or not the one that its checksum says.
    """
    named = {key: value for key, value in facial.model_dump().items() if f"facial.{key}" in BRING and value}
    if not named:
        return []
    from faceloom.features.efficientnet_va import EfficientNetFeatures
    from faceloom.features.me_graphau import MEGraphAUFeatures
    from faceloom.features.resmasknet import ResMaskNetFeatures

    adapters: tuple[type[WeightFeatures], ...] = (MEGraphAUFeatures, ResMaskNetFeatures, EfficientNetFeatures)
    return [
        adapter.of(weight_file(f"facial.{adapter.name}", named[adapter.name]))
        for adapter in adapters
        if adapter.name in named
    ]


def weight_file(key: str, value: str) -> WeightFile:
    """The file that a params key names."""
    return WeightFile.parse(key, value, BRING[key])


def status(params: Params) -> list[WeightStatus]:
    """The state of every weight file that the project can use."""
    return [_status(key, getattr(getattr(params, key.split(".")[0]), key.split(".")[1])) for key in BRING]


def _status(key: str, value: str | None) -> WeightStatus:
    name = key.split(".")[1]
    if not value:
        return WeightStatus(name, key, None, False, None, f"skipped: {SKIPPED[key]}; bring {BRING[key]}")
    try:
        file = weight_file(key, value)
    except InputError as error:
        return WeightStatus(name, key, value, False, None, str(error))
    present = file.path.exists()
    try:
        file.digest()
    except InputError as error:
        return WeightStatus(name, key, str(file.path), present, False if present else None, str(error))
    trouble = ""
    if key == "pose.videomae" and find_spec("transformers") is None:
        trouble = f"{SKIPPED[key]} need transformers; run `pip install faceloom[weights]`."
    return WeightStatus(name, key, str(file.path), True, True if file.sha256 else None, trouble)
