"""params.yaml as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from faceloom.errors import InputError
from faceloom.params.features import Align, Audio, Facial, Pose, Tokenise
from faceloom.params.packing import Pack, Stills
from faceloom.params.recordings import Catalog, Decode, Faces, Studio
from faceloom.params.section import Positive, Section
from faceloom.params.training import Finetune, Train


class Report(Section):
    """What the page shows."""

    clips: Annotated[int, Field(ge=0)] = 3
    seconds: Positive = 6.0


class Params(Section):
    """Everything in params.yaml."""

    studio: Studio = Studio()
    catalog: Catalog = Catalog()
    decode: Decode = Decode()
    faces: Faces = Faces()
    audio: Audio = Audio()
    facial: Facial = Facial()
    pose: Pose = Pose()
    align: Align = Align()
    tokenise: Tokenise = Tokenise()
    pack: Pack = Pack()
    stills: Stills = Stills()
    train: Train = Train()
    finetune: Finetune = Finetune()
    report: Report = Report()


def parse(data: dict[str, Any], name: str = "params.yaml") -> Params:
    """Validate a mapping; raises InputError with the first offending key, its value and what is allowed."""
    try:
        return Params.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise InputError(f"{name}: unknown key `{key}`; remove it or correct its spelling.") from None
        raise InputError(
            f"{name}: `{key}` is {first['input']!r}; {first['msg'][0].lower()}{first['msg'][1:]}."
        ) from None


def overlay(base: Params, changes: dict[str, Any], name: str) -> Params:
    """`base` with the keys of a preset replaced; raises InputError as `parse` does."""
    return parse(_merge(base.model_dump(), changes), name)


def _merge(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A section that a preset sets to null, or to a value that `parse` will refuse, is replaced whole."""
    sections = {key for key, value in changes.items() if isinstance(base.get(key), dict) and isinstance(value, dict)}
    nested = {key: _merge(base[key], changes[key]) for key in sections}
    return base | changes | nested


def load(path: Path = Path("params.yaml")) -> Params:
    """Read and validate a params file; raises InputError for a missing file, bad YAML, or a bad key or value."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the project's root, where params.yaml lies.") from None
    except yaml.YAMLError as error:
        raise InputError(
            f"{path}: not valid YAML ({str(error).splitlines()[-1].strip()}); correct that line."
        ) from None
    return parse(data, path.name)
