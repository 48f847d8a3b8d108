"""Each picture of the course names what its rows and columns stand for."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "lessons").glob("*.py"), *(ROOT / "docs").glob("*.py")])


def nameless(source: str) -> list[int]:
    """The lines on which `plots.matrix` is called without the names of its axes."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "matrix"
        and "axes" not in {keyword.arg for keyword in node.keywords}
    ]


@pytest.mark.parametrize("file", [pytest.param(file, id=file.name) for file in FILES])
def test_every_matrix_names_its_axes(file: Path) -> None:
    assert nameless(file.read_text(encoding="utf-8")) == []


def test_a_matrix_without_names_is_found() -> None:
    assert nameless('plots.matrix(M, axes=("a", "b"))\nplots.matrix(M)') == [2]
