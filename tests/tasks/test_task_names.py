import pytest

from faceloom.errors import InputError
from faceloom.tasks import packed_file, task_name


def test_a_stage_knows_its_task():
    assert task_name(["stages/train.py", "gesture"]) == "gesture"
    assert packed_file("gesture").as_posix() == "data/packed/gesture.h5"


@pytest.mark.parametrize("arguments", [[], ["gestures"], ["gesture", "more"]])
def test_an_unknown_task_is_one_sentence(arguments):
    with pytest.raises(InputError, match="is no task; use one of action_units, gesture"):
        task_name(["stages/train.py", *arguments])


def test_a_stage_may_know_fewer():
    with pytest.raises(InputError, match="use one of gesture"):
        task_name(["stages/pack.py", "action_units"], ["gesture"])
