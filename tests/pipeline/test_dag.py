"""dvc.yaml against the code: DVC does not follow imports, so a missing dep is a stale result."""

from pathlib import Path

import pytest
import yaml
from closure import reached
from dvc.repo import Repo

from faceloom.params import Params

# These check, report or schedule; none changes a byte of an out, so none may cause a rerun.
NEUTRAL = {
    Path("src/faceloom") / name for name in ("__init__.py", "errors.py", "progress.py", "runtime.py", "stage.py")
} | set(Path("src/faceloom/params").glob("*.py"))


def stages():
    with Repo(".") as repo:
        return {stage.addressing: (stage.cmd, [dep.def_path for dep in stage.deps]) for stage in repo.index.stages}


STAGES = stages()


def code_and_files(name):
    """What a stage declares as code, and what its imports reach."""
    cmd, deps = STAGES[name]
    script, *arguments = cmd.split()[1:]
    code = {Path(dep) for dep in deps if dep.startswith(("src/", "stages/"))}
    return code, reached(Path(script), arguments[-1] if arguments else "") - NEUTRAL | {Path(script)}


@pytest.mark.parametrize("name", STAGES)
def test_deps_cover_the_imports(name):
    code, files = code_and_files(name)
    missing = [str(file) for file in sorted(files) if not any(file.is_relative_to(dep) for dep in code)]
    assert not missing, f"{name} imports files that its deps in dvc.yaml do not cover"


@pytest.mark.parametrize("stage", sorted({name.split("@")[0] for name in STAGES}))
def test_no_dep_without_an_import(stage):
    pairs = [code_and_files(name) for name in STAGES if name.split("@")[0] == stage]
    code, files = (set().union(*sets) for sets in zip(*pairs, strict=True))
    unused = [str(dep) for dep in sorted(code) if not any(file.is_relative_to(dep) for file in files)]
    assert not unused, f"{stage} would rerun for code that it never imports"


def test_every_stage_says_what_it_does_and_has_its_file():
    written = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for name, stage in written.items():
        assert stage.get("desc") or stage["do"].get("desc"), name
        assert Path(f"stages/{name}.py").is_file()
    assert {path.stem for path in Path("stages").glob("*.py")} == set(written)


def test_sections_are_named_after_stages():
    written = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert set(Params.model_fields) <= set(written)


@pytest.mark.parametrize("preset", sorted(Path("params").rglob("*.yaml")), ids=str)
def test_presets_are_valid(preset):
    from faceloom.params import parse

    parse(yaml.safe_load(preset.read_text(encoding="utf-8")), preset.name)
