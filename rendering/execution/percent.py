"""A percent notebook before it is run: its cells, and `{{ expression }}` in its markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import jupytext

from rendering.execution.executed import Cell, Source

# With a space inside each pair of braces, so that neither TeX's {{x}} nor an f-string's braces look like one.
_EXPRESSION = re.compile(r"\{\{\s(.+?)\s\}\}", re.DOTALL)


def cells_of(source: Source) -> list[Cell]:
    """Return the cells of the file; empty ones are left out."""
    notebook = jupytext.reads(source.path.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [_cell(number, cell) for number, cell in enumerate(notebook.cells, start=1)]
    return [cell for cell in cells if cell.source]


def _cell(number: int, cell: Any) -> Cell:
    return Cell(number, cell.cell_type, cell.source.strip("\n"), tuple(cell.metadata.get("tags", ())))


def expressions(text: str) -> list[str]:
    """Return the expressions in a text, in order.

    >>> expressions('an error of {{ f"{error:.0e}" }} in {{ count }} runs of ${{x}}$')
    ['f"{error:.0e}"', 'count']
    """
    return [found.strip() for found in _EXPRESSION.findall(text)]


def replaced(text: str, values: Sequence[str]) -> str:
    """Return the text with its expressions replaced by these values, in order.

    >>> replaced("{{ n }} of {{ m }}", ["1", "2"])
    '1 of 2'
    """
    waiting = iter(values)
    return _EXPRESSION.sub(lambda _: next(waiting), text)
