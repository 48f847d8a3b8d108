"""The code cells of an answer sheet, whoever wrote the file: a notebook or a script. Nothing is run."""

from __future__ import annotations

import json
from typing import Any

from ovlearn.exercises.cells.defining import as_prose, defined_in
from ovlearn.exercises.cells.forms import is_python
from ovlearn.exercises.decoding import decoded
from ovlearn.exercises.scripts import script_cells

LARGEST = 100 * 2**20  # bytes, pictures in the outputs included
_LONGEST_PROSE = 10_000  # characters of a Markdown cell that may be an answer
_MOST_PROSE = 500  # such cells of a sheet that are looked at


class Unreadable(ValueError):
    """A file that holds no answers; the message says why, in a few words."""


def cells_of(name: str, data: bytes) -> list[str]:
    """Return the source of each code cell, in order.

    `name`: what the file is called: .ipynb is a notebook, .py a script, in cells where a mark stands between
    them. What stands in a Markdown cell and would define names comes last, commented out.
    Raises: Unreadable for a file that is too large, empty or no notebook.

    >>> cells_of("a.py", b"x = 1\\n# %%\\ny = 2\\n")
    ['x = 1\\n', '\\ny = 2\\n']
    >>> cells_of("a.ipynb", b"hello")
    Traceback (most recent call last):
    ovlearn.exercises.sheet_cells.Unreadable: not a notebook: it is no JSON
    """
    if len(data) > LARGEST:
        raise Unreadable(f"too large: more than {LARGEST:,} bytes")
    if not data.strip():
        raise Unreadable("the file is empty")
    notebook = name.lower().endswith(".ipynb")
    text = decoded(data, script=not notebook)
    code, prose = _notebook(text) if notebook else script_cells(text)
    if not any(cell.strip() for cell in code):
        raise Unreadable("there is no code in it")
    return [*code, *(as_prose(text) for text in prose[:_MOST_PROSE] if _is_answer(text))]


def _is_answer(prose: str) -> bool:
    """Whether what stands in a Markdown cell is code that defines something."""
    return len(prose) <= _LONGEST_PROSE and is_python(prose) and bool(defined_in(prose))


def _notebook(text: str) -> tuple[list[str], list[str]]:
    """The code cells, and those that are not run."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("not a notebook: it is no JSON") from None
    if not isinstance(data, dict):
        raise Unreadable("not a notebook: it has no cells")
    cells = data.get("cells")
    if cells is None and isinstance(data.get("worksheets"), list):  # before version 4
        sheets = [sheet for sheet in data["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(cells, list):
        raise Unreadable("not a notebook: it has no cells")
    read = [(cell.get("cell_type"), _source(cell)) for cell in cells if isinstance(cell, dict)]
    return [text for kind, text in read if kind == "code"], [text for kind, text in read if kind != "code"]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    parts = source if isinstance(source, list) else [source]
    text = "".join(part for part in parts if isinstance(part, str))
    return text.replace("\r\n", "\n").replace("\r", "\n")
