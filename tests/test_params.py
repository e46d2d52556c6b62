from pathlib import Path

import pytest

from faceloom import params
from faceloom.errors import InputError


def test_the_file_states_every_default():
    import yaml

    written = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
    assert params.parse(written).model_dump() == params.Params().model_dump()
    assert params.Params().model_dump(mode="json") == written


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"decode": {"long_sid": 3}}, "unknown key `decode.long_sid`; remove it or correct its spelling"),
        ({"tokenise": {"au_step": -0.2}}, "`tokenise.au_step` is -0.2; input should be greater than 0"),
        ({"faces": {"detector": "haar"}}, "`faces.detector` is 'haar'; input should be 'cascade' or 'blazeface'"),
        ({"decoder": {}}, "unknown key `decoder`"),
        (
            {"train": {"reaction": {"frames": 50, "matching_frames": 25}}},
            "`train.reaction.matching_frames` is 25; it should be 0, for `frames`, or at least those 50",
        ),
    ],
)
def test_a_bad_key_or_value_is_named(data, message):
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        params.parse(data)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        params.load(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [")
    with pytest.raises(InputError, match="not valid YAML"):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize("preset", sorted(Path("params").rglob("*.yaml")), ids=str)
def test_a_preset_lies_over_the_params(preset):
    import yaml

    changes = yaml.safe_load(preset.read_text(encoding="utf-8"))
    assert params.overlay(params.Params(), changes, preset.name) != params.Params()


def test_a_preset_may_take_a_section_away():
    known = params.overlay(params.Params(), {"train": {"reaction": {"matching_first": None}}}, "paper")
    assert known.train.reaction.matching_first is None
    assert known.train.gesture == params.Params().train.gesture
    with pytest.raises(InputError, match="`train` is None"):
        params.overlay(params.Params(), {"train": None}, "paper")
