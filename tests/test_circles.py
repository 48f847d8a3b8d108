"""No module leads back to itself by its imports, deferred ones included. Types alone do not count."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("ovlearn", "rendering", "live", "training", "tests")


def imported(node: ast.AST) -> Iterator[str]:
    """The modules, and the names in them, that are imported anywhere below a node."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module:
        yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    for child in ast.iter_child_nodes(node):
        yield from imported(child)


def circle(root: Path) -> list[str]:
    """The modules of one circle, or none. An `__init__` hands names on, and is looked through."""
    files = [file for folder in FOLDERS for file in (root / folder).rglob("*.py")]
    names = {".".join(file.relative_to(root).with_suffix("").parts): file for file in files}
    edges = {
        name: set(imported(ast.parse(file.read_text(encoding="utf-8")))) & names.keys() - {name}
        for name, file in names.items()
    }
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_there_is_none() -> None:
    assert circle(ROOT) == []


@pytest.mark.parametrize(
    "line", ["import ovlearn.b", "def f():\n    from ovlearn import b", "if x:\n    from ovlearn.b import y"]
)
def test_a_planted_one_is_found(line: str, tmp_path: Path) -> None:
    package = tmp_path / "ovlearn"
    package.mkdir()
    (package / "a.py").write_text(line)
    (package / "b.py").write_text("from ovlearn.c import z")
    (package / "c.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ovlearn.a import x"
    )
    assert circle(tmp_path) == []
    (package / "c.py").write_text("from ovlearn import a")
    assert set(circle(tmp_path)) == {"ovlearn.a", "ovlearn.b", "ovlearn.c"}
