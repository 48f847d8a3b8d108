"""Compile a cell as a notebook does: all of it runs, and the value of its last line shows."""

from __future__ import annotations

import ast
import linecache
import tokenize
from collections.abc import Iterator
from io import StringIO
from types import CodeType
from typing import Any

from ovlearn.grading.worker.cells import without_magics

_NO_CODE = (
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
)


def file_name(cell: str) -> str:
    """Return the name under which a cell's code stands in tracebacks.

    >>> file_name("4")
    '<cell 4>'
    """
    return f"<cell {cell}>"


def is_cell(file: str) -> bool:
    """Return whether this is the name of a cell's code, and not of a module."""
    return file.startswith("<cell ")


def where(file: str, line: int | None) -> str:
    """Return a line of a cell in words.

    >>> where("<cell 4>", 2)
    'cell 4, line 2'
    """
    return f"{file[1:-1]}, line {line}"


def run(cell: str, source: str, names: dict[str, Any]) -> Any:
    """Run a cell, and return the value of its last line, or None where that is not to be shown.

    Lines that only notebooks understand are left out. Raises whatever the code raises.

    >>> run("4", "x = 2\\nx + 1", {}), run("5", "3;", {})
    (3, None)
    """
    file, plain = file_name(cell), without_magics(source)
    body, last = _compiled(plain, file)
    linecache.cache[file] = (len(plain), None, plain.splitlines(keepends=True), file)
    exec(body, names)
    return None if last is None else eval(last, names)


def _compiled(source: str, file: str) -> tuple[CodeType, CodeType | None]:
    """All but a last expression, and that expression where it is to be shown."""
    tree = ast.parse(source, file)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr) or _ends_in_semicolon(source):
        return compile(tree, file, "exec", dont_inherit=True), None
    del tree.body[-1]
    expression = ast.Expression(last.value)
    return compile(tree, file, "exec", dont_inherit=True), compile(
        expression, file, "eval", dont_inherit=True
    )


def _ends_in_semicolon(source: str) -> bool:
    signs = [token.string for token in _tokens(source) if token.type not in _NO_CODE]
    return signs[-1:] == [";"]


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(StringIO(source).readline)
