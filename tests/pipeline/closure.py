"""The files of this project that a stage's code can reach, read from its imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path("src")


def reached(stage: Path, argument: str) -> set[Path]:
    """All project files that `stage` imports, directly or not, anywhere in their code.

    `argument` stands for the placeholder of an import_module(f"...{task}...").
    """
    found: set[Path] = set()
    todo = list(_imports(stage, argument))
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo.extend(_imports(path, argument))
    return found


@cache
def _imports(path: Path, argument: str) -> tuple[Path, ...]:
    nodes = _run(ast.parse(path.read_text(encoding="utf-8")))
    return tuple(file for node in nodes for name in _names(node, argument) for file in _files(name))


def _run(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of code that can run: not what only a type checker sees."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING"):
            yield from _run(child)


def _names(node: ast.AST, argument: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module" and node.args:
        yield "".join(_text(part, argument) for part in getattr(node.args[0], "values", [node.args[0]]))


def _text(part: ast.expr, argument: str) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else argument


def _files(name: str) -> Iterator[Path]:
    """The module's file and the __init__ of every package on the way to it."""
    parts = name.split(".")
    if parts[0] != "faceloom":
        return
    for end in range(1, len(parts) + 1):
        stem = SOURCE.joinpath(*parts[:end])
        yield from (path for path in (stem / "__init__.py", stem.with_suffix(".py")) if path.is_file())
