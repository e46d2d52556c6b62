"""Each stage declares the params that it reads, or a change of one would not rerun it."""

import re
from pathlib import Path

import pytest
import yaml

STAGES = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
ROOTS = r"\b(?:p|settings|params\.load\(\))"


def read_keys(text):
    """Keys like `decode.long_side` that the code takes from the loaded params."""
    sections = re.findall(r"(\w+) = params\.load\(\)\.(\w+)$", text, re.MULTILINE)
    if sections:
        ((name, section),) = sections
        return {f"{section}.{key}" for key in re.findall(rf"\b{name}\.([a-z_]+)", text)}
    return set(re.findall(rf"{ROOTS}\.([a-z_]+(?:\.[a-z_]+)?)", text))


def covers(declared, key):
    return f"{key}.".startswith(f"{declared}.") or declared.startswith(f"{key}.")


@pytest.mark.parametrize("name", STAGES)
def test_params_that_are_read_are_declared(name):
    stage = STAGES[name].get("do", STAGES[name])
    declared = [str(key).split("${")[0].rstrip(".") for key in stage.get("params", ())]
    keys = read_keys(Path(f"stages/{name}.py").read_text(encoding="utf-8"))
    assert not [key for key in sorted(keys) if not any(covers(item, key) for item in declared)]
