"""A temporary copy of the project with a studio so small that the whole DAG runs in a minute."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
CODE = ("src", "stages", "params", "dvc.yaml", "params.yaml", ".dvcignore", ".gitignore")

AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@localhost")
TINY = {
    "studio": {"dyads": 4, "seconds": 2.4, "identities": 24, "stills_per_identity": 5, "posed_identities": 24},
    "pack": {"gesture": {"length": 40, "overlap": 10}},
    "train": {
        "gesture": {"epochs": 2, "hidden": 16},
        "keypoints": {"epochs": 1, "width": 4},
        "expression": {"epochs": 1, "width": 4},
        "emotion_cnn": {"epochs": 1, "width": 4},
        "reaction": {"epochs": 1, "batches": 2, "width": 16, "layers": 1, "heads": 2, "frames": 25, "threads": 1},
    },
    "finetune": {"reaction": {"epochs": 1, "batches": 2}},
    "report": {"clips": 1, "seconds": 1.0},
}


@dataclass(frozen=True)
class Project:
    """A repository to run `dvc repro` in."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, changes: dict | None = None) -> "Project":
        for name in CODE:
            source = ROOT / name
            # compiled code comes along where there is any: it is as good beside a copy of its source
            ignore = shutil.ignore_patterns("*.egg-info", "*.tmp.*", "*.pyc.*")
            (shutil.copytree(source, folder / name, ignore=ignore) if source.is_dir() else shutil.copy(source, folder))
        project = cls(folder)
        project.change(TINY)
        project.change(changes or {})
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        project.dvc("init", "-q")
        project.dvc("config", "core.analytics", "false")
        subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
        subprocess.run(["git", *AUTHOR, "commit", "-qm", "start"], cwd=folder, check=True)
        return project

    def copy(self, folder: Path) -> "Project":
        """The same project elsewhere, with its outs and caches."""
        return Project(shutil.copytree(self.folder, folder, symlinks=True))

    def forget(self, stage: str, out: str) -> None:
        """As before the first run of a stage: neither its out nor its records nor what DVC knows of it."""
        shutil.rmtree(self.folder / out)
        shutil.rmtree(self.folder / ".faceloom/cache" / stage)
        shutil.rmtree(self.folder / ".dvc/cache/runs")
        path = self.folder / "dvc.lock"
        lock = yaml.safe_load(path.read_text())
        del lock["stages"][stage]
        path.write_text(yaml.safe_dump(lock))

    def change(self, changes: dict) -> None:
        path = self.folder / "params.yaml"
        path.write_text(yaml.safe_dump(merged(yaml.safe_load(path.read_text()), changes)))

    def environment(self, **variables: str) -> dict[str, str]:
        bin_ = Path(sys.executable).parent
        ours = {"PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(self.folder / "src")}
        return {k: v for k, v in os.environ.items() if k != "DVC_ROOT"} | ours | variables

    def dvc(self, *arguments: str, check: bool = True, **variables: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def repro(self, *arguments: str, **variables: str) -> str:
        return self.dvc("repro", *arguments, **variables)

    def lock(self) -> dict[str, dict[str, str]]:
        """The hash of every out, by stage."""
        stages = yaml.safe_load((self.folder / "dvc.lock").read_text())["stages"]
        return {name: {out["path"]: out["md5"] for out in stage.get("outs", ())} for name, stage in stages.items()}


def merged(base: dict, changes: dict) -> dict:
    return base | {k: merged(base[k], v) if isinstance(v, dict) and base.get(k) else v for k, v in changes.items()}


def ran(output: str) -> list[str]:
    """The stages that a repro ran, in order."""
    return re.findall(r"Running stage '([^']+)'", output)


def counts(output: str) -> dict[str, tuple[int, int, int]]:
    """Clips, hits and computed per extractor, from the lines that the map prints."""
    found = re.findall(r"^(\S+): (\d+) clips, (\d+) from the cache, (\d+) computed", output, re.MULTILINE)
    return {name: (int(clips), int(hits), int(computed)) for name, clips, hits, computed in found}
