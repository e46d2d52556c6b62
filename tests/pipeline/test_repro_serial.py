"""Apart from test_repro, so that another process of the test run can build this project beside that one."""

from project import Project


def test_serial_and_one_worker_give_the_same_bytes(tmp_path, request):
    other = Project.create(tmp_path)
    other.repro(FACELOOM_EXECUTOR="serial", FACELOOM_WORKERS="1")
    built = request.getfixturevalue("built")  # only now: another process may have built it meanwhile
    assert other.lock() == built.lock
