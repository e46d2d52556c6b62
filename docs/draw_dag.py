"""Draws the DAG into README.md from `dvc dag`; with --check, fails where the drawing is stale."""

import re
import subprocess
import sys
from pathlib import Path

README = Path("README.md")
MARKS = re.compile(r"(<!-- dag -->\n).*?(<!-- /dag -->)", re.DOTALL)


def drawn() -> str:
    """The stage graph as a Mermaid block, nodes numbered by name so that equal DAGs give equal text."""
    dvc = Path(sys.executable).with_name("dvc")
    text = subprocess.run([dvc, "dag", "--md"], check=True, capture_output=True, text=True).stdout
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def main() -> None:
    """Rewrite or check the block between the marks."""
    before = README.read_text(encoding="utf-8")
    after = MARKS.sub(lambda found: found[1] + drawn() + found[2], before)
    if "--check" in sys.argv and after != before:
        sys.exit("error: README.md: the drawn DAG is stale; run `make dag`.")
    README.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
