"""The code cells of an answer sheet, whoever wrote the file: a notebook or a script. Nothing is run."""

from __future__ import annotations

import json
import re
from typing import Any

LARGEST = 100 * 2**20  # bytes, pictures in the outputs included
_ENCODINGS = ("utf-8-sig", "utf-16", "latin-1")
_MARKER = re.compile(r"^# %%.*$", re.MULTILINE)


class Unreadable(ValueError):
    """A file that holds no answers; the message says why, in a few words."""


def cells_of(name: str, data: bytes) -> list[str]:
    """Return the source of each code cell, in order.

    `name`: what the file is called: .ipynb is a notebook, .py a script, in cells where a line is `# %%`.
    Raises: Unreadable for a file that is too large, empty or no notebook.

    >>> cells_of("a.py", b"x = 1\\n# %%\\ny = 2\\n")
    ['x = 1\\n', '\\ny = 2\\n']
    >>> cells_of("a.ipynb", b"hello")
    Traceback (most recent call last):
    ovlearn.grading.reading.Unreadable: not a notebook: it is no JSON
    """
    if len(data) > LARGEST:
        raise Unreadable(f"too large: more than {LARGEST:,} bytes")
    if not data.strip():
        raise Unreadable("the file is empty")
    text = _text(data)
    cells = _notebook(text) if name.lower().endswith(".ipynb") else _script(text)
    if not any(cell.strip() for cell in cells):
        raise Unreadable("there is no code in it")
    return cells


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _script(text: str) -> list[str]:
    marks = list(_MARKER.finditer(text))
    ends = [0, *(found.end() for found in marks)]
    begins = [*(found.start() for found in marks), len(text)]
    prose = [False, *("[markdown]" in found[0] for found in marks)]
    cells = [text[end:begin] for end, begin in zip(ends, begins, strict=True)]
    return [cell for cell, is_prose in zip(cells, prose, strict=True) if cell.strip() and not is_prose]


def _notebook(text: str) -> list[str]:
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
    return [_source(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
