"""A percent notebook, as cells that have not been run."""

from __future__ import annotations

from typing import Any

import jupytext

from rendering.execution.cells import Cell, Source


def read(source: Source) -> list[Cell]:
    """Return the cells of the file; empty ones are left out."""
    notebook = jupytext.reads(source.path.read_text(encoding="utf-8"), fmt="py:percent")
    cells = [_cell(number, cell) for number, cell in enumerate(notebook.cells, start=1)]
    return [cell for cell in cells if cell.source]


def _cell(number: int, cell: Any) -> Cell:
    return Cell(number, cell.cell_type, cell.source.strip("\n"), tuple(cell.metadata.get("tags", ())))
