"""Which recordings there are and which of them can be used: data/catalog.parquet."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from faceloom import params
from faceloom.stage import run
from faceloom.store import write_table
from faceloom.store.catalog import build, check

OUT = Path("data/catalog.parquet")


def main() -> None:
    """Catalog the recordings folder and say what cannot be used, and why."""
    p = params.load().catalog
    table = build(Path(p.recordings), p.layout, p.split.val, p.split.test)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    write_table(OUT, [table])
    bad = check(table, p.max_failed_fraction)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"catalog: {len(table)} recordings, {len(table) - len(bad)} usable")
    for reason in bad:
        console.print(f"  {reason}", markup=False)


if __name__ == "__main__":
    run(main)
