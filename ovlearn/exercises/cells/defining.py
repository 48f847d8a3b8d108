"""Which names cells define, and what is to be said of one that is defined twice, or where nothing is run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ovlearn.exercises.cells.forms import as_python, tree_of
from ovlearn.exercises.cells.shell import RUN_CELL, RUN_LINE

PROSE = "# %% [markdown]"  # as in a percent script: the first line of a cell that is there to be read
_GUESSED = re.compile(r"^(?:def +|class +)?([A-Za-z_]\w*) *[(=:]", re.MULTILINE)
_MOST_GUESSED = 50
_LONGEST = 5000  # characters that are read as a notebook's: those who wait for it read many cells


def defined_in(source: str) -> list[str]:
    """Return the names that a cell would define, as far as it can be read.

    >>> defined_in("import numpy as np\\ndef f(x):\\n    y = 3\\n%time rank = 3")
    ['np', 'f', 'rank']
    """
    return list(dict.fromkeys(_bindings(source)))


def as_prose(text: str) -> str:
    """Return a cell that is not run, in the form that `remark` knows."""
    return "\n".join([PROSE, *(f"# {line}" for line in text.splitlines())])


def remark(cells: Sequence[str], name: str) -> str:
    """Return what the cells of a sheet explain of an answer that is wrong or missing; often nothing.

    >>> remark(["def fold(x): ...", "for fold in range(3): pass"], "fold")
    'Cell 2 uses the name `fold` again, after cell 1; the last use counts.'
    """
    where = [number for number, cell in enumerate(cells, 1) for each in _bindings(cell) if each == name]
    if len(where) > 1:
        again = f"uses the name `{name}` again"
        if where[-1] == where[-2]:
            return f"Cell {where[-1]} {again}, further down; the last use counts."
        return f"Cell {where[-1]} {again}, after cell {where[-2]}; the last use counts."
    if not where and any(name in _bindings(_uncommented(cell)) for cell in cells if cell.startswith(PROSE)):
        return f"`{name}` stands in a Markdown cell, which is not run: make it a code cell."
    return ""


def _uncommented(prose: str) -> str:
    return "\n".join(line.removeprefix("# ") for line in prose.split("\n")[1:])


def _bindings(source: str) -> list[str]:
    """Every place where a name is bound, in order."""
    tree = tree_of(source if len(source) > _LONGEST else as_python(source))
    if tree is None:
        return _GUESSED.findall(source)[:_MOST_GUESSED]
    try:
        return [name for node in tree.body for name in _bound(node)]
    except RecursionError:
        return []


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a statement binds outside of functions and classes."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
            return
        case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            return
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case ast.ExceptHandler():
            yield from (each for part in node.body for each in _bound(part))
            return
        case ast.Call(func=ast.Attribute(attr="run_line_magic" | "run_cell_magic"), args=arguments):
            yield from _below_magic([each.value for each in arguments if isinstance(each, ast.Constant)])
    for part in ast.iter_child_nodes(node):
        yield from _bound(part)


def _below_magic(words: list[object]) -> Iterator[str]:
    """The names that the Python of a magic binds."""
    match words:
        case [str(name), str(line)] if name in RUN_LINE:
            yield from _bindings(line)
        case [str(name), str(line), str(cell)] if name in RUN_CELL:
            yield from _bindings(cell)
            if name == "capture":
                yield from (word for word in line.split() if not word.startswith("-"))
